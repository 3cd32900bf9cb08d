using System.Buffers;
using System.Buffers.Binary;

namespace Fleet.Grains.Terminals;

/// <summary>
/// Parts in a stored state: each is the hash of its name (4 bytes), its length, its bytes. A part that is still its default
/// is not stored, one that this program does not know is passed over, and one that the state lacks stays as it is:
/// detectors come and go without a new version of the state.
/// </summary>
internal static class Parts
{
    /// <summary>FNV-1a, so that a name means the same in every process and release.</summary>
    public static uint Hash(string name)
    {
        var hash = 2166136261u;
        foreach (var c in name) hash = (hash ^ c) * 16777619u;
        return hash;
    }

    /// <summary>Writes the parts it is shown.</summary>
    public readonly struct Writer(IBufferWriter<byte> to) : IPartVisitor
    {
        [ThreadStatic]
        private static ArrayBufferWriter<byte>? t_part;

        public void Visit<T>(ref T part) where T : struct, IPart
        {
            var buffer = t_part ??= new(256);
            buffer.ResetWrittenCount();
            var codec = new StateCodec(buffer);
            part.Codec(ref codec);
            var bytes = buffer.WrittenSpan;
            if (bytes.IndexOfAnyExcept((byte)0) < 0) return; // every field's default is written as zeros
            BinaryPrimitives.WriteUInt32LittleEndian(to.GetSpan(sizeof(uint)), Hash(T.Name));
            to.Advance(sizeof(uint));
            var length = bytes.Length;
            new StateCodec(to).Field(ref length);
            to.Write(bytes);
        }
    }

    /// <summary>Fills the parts it is shown from a state's bytes.</summary>
    /// <exception cref="InvalidDataException">The bytes are not whole parts.</exception>
    public readonly struct Reader : IPartVisitor
    {
        private const int MostParts = 256;

        private readonly ReadOnlyMemory<byte> _state;
        private readonly List<(uint Hash, int From, int Length)> _parts = [];

        public Reader(ReadOnlyMemory<byte> state)
        {
            _state = state;
            for (var rest = state.Span; !rest.IsEmpty;)
            {
                if (rest.Length < sizeof(uint) || _parts.Count == MostParts) throw new InvalidDataException("The state ends in the middle of a part.");
                var hash = BinaryPrimitives.ReadUInt32LittleEndian(rest);
                var codec = new StateCodec(rest[sizeof(uint)..]);
                var length = 0;
                codec.Field(ref length);
                rest = codec.Rest;
                if (length < 0 || length > rest.Length) throw new InvalidDataException("The state ends in the middle of a part.");
                _parts.Add((hash, state.Length - rest.Length, length));
                rest = rest[length..];
            }
        }

        public void Visit<T>(ref T part) where T : struct, IPart
        {
            var hash = Hash(T.Name);
            foreach (var (stored, from, length) in _parts)
            {
                if (stored != hash) continue;
                var codec = new StateCodec(_state.Span.Slice(from, length), mayLackFields: true);
                part.Codec(ref codec);
            }
        }
    }
}
