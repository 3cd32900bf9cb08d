using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using CsCheck;
using Fleet.Ingest.Mqtt;

namespace Fleet.Ingest_Tests.Mqtt;

/// <summary>Revocation lists as .NET's own builder writes them, and as nobody should.</summary>
public sealed class RevocationListTests : IDisposable
{
    private readonly Authority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public void A_list_holds_whom_it_names_and_nobody_else()
    {
        var revoked = Enumerable.Range(0, 50).Select(i => _authority.Issue($"CN=R{i}")).ToList();
        revoked.ForEach(_authority.Revoke);
        var der = _authority.List();
        foreach (var list in new[] { RevocationList.ReadAll(der).Single(), RevocationList.ReadAll(Encoding.ASCII.GetBytes(Authority.PemOf(der))).Single() })
        {
            Assert.All(revoked, c => Assert.True(list.Holds(RevocationList.NumberOf(c))));
            Assert.False(list.Holds(RevocationList.NumberOf(_authority.Issue("CN=good"))));
            Assert.Equal(_authority.Certificate.Subject, list.Issuer);
            Assert.True(list.IsSignedBy(_authority.Certificate));
        }
    }

    [Fact]
    public void Several_lists_of_one_file_and_of_RSA_too()
    {
        using var rsa = RSA.Create(2048);
        var request = new CertificateRequest("CN=RSA CA", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        using var ca = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(9));
        var list = new CertificateRevocationListBuilder().Build(ca, 1, TimeProvider.System.GetUtcNow().AddDays(1), HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1);
        var lists = RevocationList.ReadAll(Encoding.ASCII.GetBytes(Authority.PemOf(_authority.List()) + "\n" + Authority.PemOf(list)));
        Assert.Equal(2, lists.Count);
        Assert.True(lists[1].IsSignedBy(ca));
    }

    [Fact]
    public void A_list_that_another_has_signed_or_that_was_changed_is_not_the_authoritys()
    {
        using var namesake = new Authority();
        using var mayNot = new Authority(usage: X509KeyUsageFlags.KeyCertSign);
        Assert.False(RevocationList.ReadAll(namesake.List()).Single().IsSignedBy(_authority.Certificate));
        _authority.Revoke(_authority.Issue("CN=gone"));
        var list = RevocationList.ReadAll(_authority.List()).Single();
        Assert.False(list.IsSignedBy(mayNot.Certificate));
    }

    [Fact]
    public void No_change_of_a_byte_leaves_a_list_good_or_throws_anything_unexpected()
    {
        _authority.Revoke(_authority.Issue("CN=gone"));
        var der = _authority.List();
        Gen.Select(Gen.Int[0, der.Length - 1], Gen.Byte[1, 255]).Sample((at, change) =>
        {
            var changed = (byte[])der.Clone();
            changed[at] ^= change;
            try { return !RevocationList.ReadAll(changed).All(l => l.IsSignedBy(_authority.Certificate)); }
            catch (InvalidDataException) { return true; }
        }, iter: 20_000);
    }

    [Fact]
    public void A_delta_is_refused_for_it_names_only_some()
    {
        var delta = new AsnWriter(AsnEncodingRules.DER);
        var algorithm = new byte[] { 0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02 }; // ecdsa-with-SHA256
        using (delta.PushSequence())
        {
            using (delta.PushSequence())
            {
                delta.WriteInteger(1);
                delta.WriteEncodedValue(algorithm);
                delta.WriteEncodedValue(_authority.Certificate.SubjectName.RawData);
                delta.WriteUtcTime(TimeProvider.System.GetUtcNow());
                using (delta.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
                using (delta.PushSequence())
                using (delta.PushSequence())
                {
                    delta.WriteObjectIdentifier("2.5.29.27"); // RFC 5280, 5.2.4
                    delta.WriteBoolean(true);
                    delta.WriteOctetString([2, 1, 1]);
                }
            }
            delta.WriteEncodedValue(algorithm);
            delta.WriteBitString([1]);
        }
        Assert.Contains("2.5.29.27", Assert.Throws<InvalidDataException>(() => RevocationList.ReadAll(delta.Encode())).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(() => RevocationList.ReadAll([]));
        Assert.Throws<InvalidDataException>(() => RevocationList.ReadAll(Encoding.ASCII.GetBytes(_authority.Pem)));
    }
}
