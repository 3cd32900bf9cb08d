using System.Collections.Frozen;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Fleet.Ingest.Mqtt;

/// <summary>
/// A certificate revocation list (RFC 5280, 5). .NET asks a list for nothing but its chains' own downloads, so it is
/// read here. Lists that say more than we understand (deltas, indirect ones) are refused, as 5.2 demands.
/// </summary>
internal sealed class RevocationList
{
    private readonly FrozenSet<string> _numbers;
    private readonly byte[] _signed, _signature;
    private readonly string _algorithm;

    private RevocationList(string issuer, DateTimeOffset at, DateTimeOffset? ends, FrozenSet<string> numbers, byte[] signed, byte[] signature, string algorithm) =>
        (Issuer, At, Ends, _numbers, _signed, _signature, _algorithm) = (issuer, at, ends, numbers, signed, signature, algorithm);

    /// <summary>The authority's name (RFC 4514).</summary>
    public string Issuer { get; }

    /// <summary>thisUpdate.</summary>
    public DateTimeOffset At { get; }

    /// <summary>nextUpdate: from then on it tells nothing any more; null where it names none.</summary>
    public DateTimeOffset? Ends { get; }

    /// <param name="number">A certificate's number, hexadecimal without leading zeros.</param>
    public bool Holds(string number) => _numbers.Contains(number);

    /// <summary>A certificate's number as the lists here have it.</summary>
    public static string NumberOf(X509Certificate2 certificate) => Number(certificate.SerialNumberBytes.Span);

    /// <summary>All lists of a file: PEM with one block each, or DER with one.</summary>
    /// <exception cref="InvalidDataException">It holds none, or one that cannot be used.</exception>
    public static IReadOnlyList<RevocationList> ReadAll(byte[] file)
    {
        try
        {
            if (!file.AsSpan().StartsWith("-----"u8) && file is [0x30, ..]) return [Read(file)];
            var lists = new List<RevocationList>();
            ReadOnlySpan<char> text = Encoding.ASCII.GetString(file);
            while (PemEncoding.TryFind(text, out var block))
            {
                if (text[block.Label] is "X509 CRL") lists.Add(Read(Convert.FromBase64String(text[block.Base64Data].ToString())));
                text = text[block.Location.End..];
            }
            return lists.Count > 0 ? lists : throw new InvalidDataException("it holds no revocation list: neither PEM blocks named X509 CRL nor DER");
        }
        catch (Exception e) when (e is AsnContentException or FormatException or CryptographicException or ArgumentException)
        {
            throw new InvalidDataException($"its revocation list is malformed: {e.Message}", e);
        }
    }

    /// <summary>Whether the authority has this name, may sign lists, and has signed this one.</summary>
    public bool IsSignedBy(X509Certificate2 authority)
    {
        if (authority.SubjectName.Name != Issuer) return false;
        if (authority.Extensions.OfType<X509KeyUsageExtension>().FirstOrDefault() is { } usage && !usage.KeyUsages.HasFlag(X509KeyUsageFlags.CrlSign)) return false;
        var (isEc, hash) = _algorithm switch
        {
            "1.2.840.113549.1.1.11" => (false, HashAlgorithmName.SHA256),
            "1.2.840.113549.1.1.12" => (false, HashAlgorithmName.SHA384),
            "1.2.840.113549.1.1.13" => (false, HashAlgorithmName.SHA512),
            "1.2.840.10045.4.3.2" => (true, HashAlgorithmName.SHA256),
            "1.2.840.10045.4.3.3" => (true, HashAlgorithmName.SHA384),
            "1.2.840.10045.4.3.4" => (true, HashAlgorithmName.SHA512),
            _ => throw new InvalidDataException($"the list of {Issuer} is signed with {_algorithm}; known are RSA (PKCS #1) and ECDSA with SHA-256, SHA-384, SHA-512"),
        };
        using var ec = isEc ? authority.GetECDsaPublicKey() : null;
        using var rsa = isEc ? null : authority.GetRSAPublicKey();
        return ec?.VerifyData(_signed, _signature, hash, DSASignatureFormat.Rfc3279DerSequence) ?? rsa?.VerifyData(_signed, _signature, hash, RSASignaturePadding.Pkcs1) ?? false;
    }

    private static RevocationList Read(byte[] der)
    {
        var outermost = new AsnReader(der, AsnEncodingRules.DER);
        var list = outermost.ReadSequence();
        outermost.ThrowIfNotEmpty();
        var signed = list.PeekEncodedValue();
        var content = list.ReadSequence();
        var algorithm = list.PeekEncodedValue();
        var oid = list.ReadSequence().ReadObjectIdentifier();
        var signature = list.ReadBitString(out var unusedBits);
        list.ThrowIfNotEmpty();
        if (unusedBits != 0) throw new InvalidDataException("a revocation list's signature is not of whole bytes");

        if (content.PeekTag().HasSameClassAndValue(Asn1Tag.Integer)) content.ReadInteger(); // the version
        if (!content.ReadEncodedValue().Span.SequenceEqual(algorithm.Span)) throw new InvalidDataException("a revocation list names two signature algorithms");
        var issuer = new X500DistinguishedName(content.ReadEncodedValue().Span).Name;
        var at = ReadTime(content);
        DateTimeOffset? ends = content.HasData && IsTime(content.PeekTag()) ? ReadTime(content) : null;
        var numbers = new HashSet<string>();
        if (content.HasData && content.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence)) ReadNumbers(content.ReadSequence(), numbers);
        var extensions = new Asn1Tag(TagClass.ContextSpecific, 0);
        if (content.HasData) RefuseCritical(content.ReadSequence(extensions).ReadSequence(), issuer);
        content.ThrowIfNotEmpty();
        return new(issuer, at, ends, numbers.ToFrozenSet(), signed.ToArray(), signature, oid);
    }

    private static void ReadNumbers(AsnReader entries, HashSet<string> numbers)
    {
        while (entries.HasData)
        {
            var entry = entries.ReadSequence();
            numbers.Add(Number(entry.ReadIntegerBytes().Span));
            ReadTime(entry);
            if (entry.HasData) RefuseCritical(entry.ReadSequence(), "an entry");
        }
    }

    private static void RefuseCritical(AsnReader extensions, string of)
    {
        while (extensions.HasData)
        {
            var extension = extensions.ReadSequence();
            var oid = extension.ReadObjectIdentifier();
            if (extension.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean) && extension.ReadBoolean())
                throw new InvalidDataException($"the revocation list of {of} has the critical extension {oid}, which is not understood (deltas and indirect lists are not)");
        }
    }

    private static bool IsTime(Asn1Tag tag) => tag.HasSameClassAndValue(Asn1Tag.UtcTime) || tag.HasSameClassAndValue(Asn1Tag.GeneralizedTime);

    private static DateTimeOffset ReadTime(AsnReader reader) =>
        reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) ? reader.ReadUtcTime() : reader.ReadGeneralizedTime();

    private static string Number(ReadOnlySpan<byte> bigEndian) => Convert.ToHexString(bigEndian).TrimStart('0');
}
