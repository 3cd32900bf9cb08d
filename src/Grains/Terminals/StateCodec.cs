using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Fleet.Grains.Terminals;

/// <summary>
/// Writes a state field by field, or reads it back: each type names its fields once, in one method, for both ways, so
/// that writing and reading cannot drift apart. Whole numbers are zigzag LEB128, doubles eight bytes. The default of
/// every type is written as zeros.
/// </summary>
internal ref struct StateCodec
{
    private readonly IBufferWriter<byte>? _to;
    private readonly bool _mayLackFields;
    private ReadOnlySpan<byte> _from;

    public StateCodec(IBufferWriter<byte> to) => _to = to;

    /// <param name="mayLackFields">Fields that were added since it was written keep the value they have.</param>
    public StateCodec(ReadOnlySpan<byte> from, bool mayLackFields = false)
    {
        _from = from;
        _mayLackFields = mayLackFields;
    }

    /// <summary>What was given and has not been read yet.</summary>
    public readonly ReadOnlySpan<byte> Rest => _from;

    public readonly bool Reads => _to is null;

    private readonly bool Lacks => _mayLackFields && _from.IsEmpty;

    public void Field(ref long value)
    {
        if (Lacks) return;
        if (_to is not null) WriteWhole((ulong)((value << 1) ^ (value >> 63)));
        else
        {
            var zigzag = ReadWhole();
            value = (long)(zigzag >> 1) ^ -(long)(zigzag & 1);
        }
    }

    /// <summary>As Unix ms.</summary>
    public void Field(ref Moment value)
    {
        long ms = value;
        Field(ref ms);
        value = ms;
    }

    public void Field(ref ushort value)
    {
        long wide = value;
        Field(ref wide);
        if (wide is < ushort.MinValue or > ushort.MaxValue) throw new InvalidDataException("A number of the state is too large.");
        value = (ushort)wide;
    }

    public void Field(ref int value)
    {
        long wide = value;
        Field(ref wide);
        if (wide is < int.MinValue or > int.MaxValue) throw new InvalidDataException("A number of the state is too large.");
        value = (int)wide;
    }

    public void Field(ref bool value)
    {
        var number = value ? 1 : 0;
        Field(ref number);
        value = number != 0;
    }

    public void Field(ref ulong value)
    {
        if (Lacks) return;
        if (_to is not null) BinaryPrimitives.WriteUInt64LittleEndian(Room(sizeof(ulong)), value);
        else value = BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));
    }

    public void Field(ref uint value)
    {
        long wide = value;
        Field(ref wide);
        if (wide is < uint.MinValue or > uint.MaxValue) throw new InvalidDataException("A number of the state is too large.");
        value = (uint)wide;
    }

    public void Field(ref byte value)
    {
        if (Lacks) return;
        if (_to is not null) Room(1)[0] = value;
        else value = Take(1)[0];
    }

    public void Field(ref float value)
    {
        if (Lacks) return;
        if (_to is not null) BinaryPrimitives.WriteSingleLittleEndian(Room(sizeof(float)), value);
        else value = BinaryPrimitives.ReadSingleLittleEndian(Take(sizeof(float)));
    }

    /// <summary>A number that states of before hold in eight bytes.</summary>
    public void AsDouble(ref float value)
    {
        double wide = value;
        Field(ref wide);
        value = (float)wide;
    }

    /// <summary>So many bytes that states of before have here, and nobody reads any more: zeros.</summary>
    public void Former(int bytes)
    {
        if (Lacks) return;
        if (_to is not null) Room(bytes).Clear();
        else Take(bytes);
    }

    public void Field(ref double value)
    {
        var bits = BitConverter.DoubleToUInt64Bits(value);
        Field(ref bits);
        value = BitConverter.UInt64BitsToDouble(bits);
    }

    public void Field(ref long? value)
    {
        if (Lacks) return;
        var there = value is not null;
        Field(ref there);
        var number = value.GetValueOrDefault();
        if (there) Field(ref number);
        value = there ? number : null;
    }

    public void Field(ref double? value)
    {
        if (Lacks) return;
        var there = value is not null;
        Field(ref there);
        var number = value.GetValueOrDefault();
        if (there) Field(ref number);
        value = there ? number : null;
    }

    public void Field<T>(ref T? value) where T : struct, Enum
    {
        if (Lacks) return;
        int? number = value is { } known ? Convert.ToInt32(known, null) : null;
        long? wide = number;
        Field(ref wide);
        value = wide is { } read ? (T)Enum.ToObject(typeof(T), read) : null;
    }

    public void Field(ref string? value)
    {
        if (Lacks) return;
        var length = value is null ? 0 : 1 + Encoding.UTF8.GetByteCount(value); // 0: none
        Field(ref length);
        if (_to is null) value = length == 0 ? null : Encoding.UTF8.GetString(Take(length - 1));
        else if (value is not null) Encoding.UTF8.GetBytes(value, Room(length - 1));
    }

    private readonly void WriteWhole(ulong value)
    {
        for (; value >= 0x80; value >>= 7) Room(1)[0] = (byte)(value | 0x80);
        Room(1)[0] = (byte)value;
    }

    private ulong ReadWhole()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var b = Take(1)[0];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80) return value;
        }
        throw new InvalidDataException("A number of the state has no end.");
    }

    /// <summary>Room of exactly this length, already counted as written.</summary>
    private readonly Span<byte> Room(int length)
    {
        var room = _to!.GetSpan(length)[..length];
        _to.Advance(length);
        return room;
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length < 0 || length > _from.Length) throw new InvalidDataException("The state ends in the middle of a field.");
        var taken = _from[..length];
        _from = _from[length..];
        return taken;
    }
}
