namespace Fleet.Simulator.Shops;

/// <summary>Steele, Lea and Flood's SplitMix64 (OOPSLA 2014): 8 bytes of state, so a fleet of terminals has a stream each.</summary>
public struct Dice(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>0 to 1, 1 excluded.</summary>
    public double Share() => (Next() >> 11) * (1.0 / (1UL << 53));

    public bool Chance(double probability) => Share() < probability;

    public int Below(int limit) => (int)(Share() * limit);

    /// <summary>Nearly normal with deviation 1: the sum of four uniforms (Irwin-Hall), never past 3.5.</summary>
    public double Normal() => (Share() + Share() + Share() + Share() - 2) * 1.7320508;
}
