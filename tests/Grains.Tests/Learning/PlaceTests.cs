using Fleet.Grains.Learning;

namespace Fleet.Grains_Tests.Learning;

public sealed class PlaceTests
{
    /// <summary>Expected by the spherical law of cosines.</summary>
    [Theory]
    [InlineData(31.23, 121.47, 51.898, -8.476, 9566259, 100)]
    [InlineData(0, 0, 0, 1, 111_195, 1)]
    [InlineData(52, 179.99, 52, -179.99, 1369, 5)]
    [InlineData(31.23, 121.47, 31.23, 121.47, 0, 0)]
    public void Distances_are_great_circles(double lat1, double lon1, double lat2, double lon2, double metres, double within) =>
        Assert.InRange(new Place(lat1, lon1).MetresTo(new(lat2, lon2)), metres - within, metres + within);
}
