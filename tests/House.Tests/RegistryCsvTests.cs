using Fleet.Host;

namespace Fleet.House_Tests;

public sealed class RegistryCsvTests
{
    [Fact]
    public void Opening_hours_tags_and_regions_are_read_and_written_as_they_stand()
    {
        const string File = "serial,merchant,site,model,carrier,address,timezone,language,webhook,hours,tags,region\nT1,M,S,A920,46000,,Asia/Shanghai,,,\"Mo-Fr 08:00-12:00,13:00-18:00; Sa off\",airport;24h,Pudong\n";
        var terminals = RegistryCsv.Read(File.Split('\n'));
        Assert.Equal("Mo-Fr 08:00-12:00,13:00-18:00; Sa off", terminals.Single().Terminal.Hours);
        Assert.Equal("airport;24h", terminals.Single().Terminal.Tags);
        Assert.Equal(File, RegistryCsv.Write(terminals.Select(row => row.Terminal)));
    }

    [Fact]
    public void Hours_that_cannot_be_read_are_refused_with_their_line() =>
        Assert.Equal("line 2: hours has 'Mon', which is no day or span of days; days are Mo, Tu, We, Th, Fr, Sa, Su",
            Assert.Throws<FormatException>(() => RegistryCsv.Read(["serial,merchant,site,model,carrier,hours", "T1,M,S,A920,46000,Mon 8:00-18:00"])).Message);
}
