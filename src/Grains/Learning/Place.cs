using Fleet.Grains.Terminals;

namespace Fleet.Grains.Learning;

/// <summary>A place on earth, to a metre. 8 bytes.</summary>
internal struct Place(double latitude, double longitude)
{
    /// <summary>Mean radius of the earth (IUGG).</summary>
    private const double EarthMetres = 6_371_009;

    private float _latitude = (float)latitude;
    private float _longitude = (float)longitude;

    /// <summary>Rounded to about a metre.</summary>
    public readonly double Latitude => Math.Round(_latitude, 5);
    public readonly double Longitude => Math.Round(_longitude, 5);

    /// <summary>Great-circle distance by the haversine formula (Sinnott, Sky and Telescope 68, 1984).</summary>
    public readonly double MetresTo(Place other)
    {
        var (phi1, phi2) = (double.DegreesToRadians(_latitude), double.DegreesToRadians(other._latitude));
        var (dPhi, dLambda) = (phi2 - phi1, double.DegreesToRadians(other._longitude - _longitude));
        var haversine = Square(Math.Sin(dPhi / 2)) + (Math.Cos(phi1) * Math.Cos(phi2) * Square(Math.Sin(dLambda / 2)));
        return 2 * EarthMetres * Math.Asin(Math.Min(1, Math.Sqrt(haversine)));
    }

    /// <summary>The place a share of the way to another one that is near; across the date line it stays where it is.</summary>
    public readonly Place Toward(Place other, double share) => Math.Abs(other._longitude - _longitude) > 180
        ? this
        : new(_latitude + (share * (other._latitude - _latitude)), _longitude + (share * (other._longitude - _longitude)));

    private static double Square(double value) => value * value;

    public void Codec(ref StateCodec codec)
    {
        codec.Field(ref _latitude);
        codec.Field(ref _longitude);
    }
}
