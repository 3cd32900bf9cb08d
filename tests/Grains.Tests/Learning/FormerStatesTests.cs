using System.Buffers;
using Fleet.Grains.Faults;
using Fleet.Grains.Learning;
using Fleet.Grains.Reports;
using Fleet.Grains.Terminals;

namespace Fleet.Grains_Tests.Learning;

/// <summary>Parts that are smaller in memory than they were are stored as before: each program reads the other's.</summary>
public sealed class FormerStatesTests
{
    [Theory]
    [InlineData(400_250, 400_200)]
    [InlineData(-3_600_050, -3_600_000)]
    [InlineData(366L * 86_400_000, 366L * 86_400_000)]
    public void A_clock_that_was_known_to_be_off_still_is(long wasMs, long isMs)
    {
        var stored = Stored((ref StateCodec codec) =>
        {
            (Moment windowAtMs, ushort reports, long leastMs, long leastBeforeMs, bool hasBefore) = (Story.Start, 3, wasMs, wasMs, true);
            codec.Field(ref windowAtMs);
            codec.Field(ref reports);
            codec.Field(ref leastMs);
            codec.Field(ref leastBeforeMs);
            codec.Field(ref hasBefore);
        });
        var clock = Read<Clock>(stored);
        Assert.Equal(isMs, clock.SkewMs);
        Assert.Equal(stored.Length, Stored((ref StateCodec codec) => clock.Codec(ref codec)).Length);
    }

    [Fact]
    public void A_batterys_trend_goes_on()
    {
        var stored = Stored((ref StateCodec codec) =>
        {
            (Moment sinceMs, Moment atMs, float healthThen, float health, uint cyclesThen, uint cycles) = (Story.Start, Story.Ms(100 * 86_400), 0.9f, 0.85f, 101, 301);
            codec.Field(ref sinceMs);
            codec.Field(ref atMs);
            codec.Field(ref healthThen);
            codec.Field(ref health);
            codec.Field(ref cyclesThen);
            codec.Field(ref cycles);
        });
        var wear = Read<Wear>(stored);
        Assert.Equal((0.85, 300), (wear.Health, wear.Cycles));
        Assert.Equal(Story.Ms(300 * 86_400), wear.Replacement(new BatteryWornLimits { WornHealth = 0.75 })!.Value.AtMs, 1000d);
        Assert.Equal(stored, Stored((ref StateCodec codec) => wear.Codec(ref codec)));
        Assert.True(wear.Hear(new() { Serial = "T1", ReceivedAtMs = Story.Ms(101 * 86_400), Power = new() { Health = 1.0, Cycles = 1 } }));
    }

    private delegate void Fields(ref StateCodec codec);

    private static byte[] Stored(Fields fields)
    {
        var to = new ArrayBufferWriter<byte>();
        var codec = new StateCodec(to);
        fields(ref codec);
        return to.WrittenSpan.ToArray();
    }

    private static T Read<T>(byte[] stored) where T : struct, IPart
    {
        var part = default(T);
        var codec = new StateCodec(stored);
        part.Codec(ref codec);
        return part;
    }
}
