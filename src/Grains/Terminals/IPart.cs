namespace Fleet.Grains.Terminals;

/// <summary>
/// A part of a terminal's state: a small struct that begins as its default. Its codec may gain fields at the end, which
/// older states simply lack; a part that changes otherwise takes another name.
/// </summary>
internal interface IPart
{
    /// <summary>What the stored part is called; a detector's is its fault's code.</summary>
    static abstract string Name { get; }

    void Codec(ref StateCodec codec);
}

/// <summary>Is shown every part of a terminal, one after the other, by the one list that names them.</summary>
internal interface IPartVisitor
{
    void Visit<T>(ref T part) where T : struct, IPart;
}
