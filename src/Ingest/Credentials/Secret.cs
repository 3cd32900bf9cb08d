using System.Security.Cryptography;
using System.Text;

namespace Fleet.Ingest.Credentials;

/// <summary>
/// A password as it is kept. It is generated with 160 bits and shown once; what is stored is SHA-256 of salt and
/// password, for a slow hash protects only passwords that people choose, and would let a connect storm stall the door.
/// </summary>
/// <param name="Id">Names it where the password itself must not be: 8 hex digits.</param>
/// <param name="CreatedAtMs">Unix ms.</param>
/// <param name="EndsAtMs">From when on it is refused, Unix ms; null for never.</param>
internal sealed record Secret(string Id, byte[] Salt, byte[] Hash, long CreatedAtMs, long? EndsAtMs)
{
    public static string Generate() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(20));

    public static Secret Of(string password, DateTimeOffset now, DateTimeOffset? ends = null)
    {
        var salt = RandomNumberGenerator.GetBytes(16);
        return new(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4)), salt, HashOf(salt, Encoding.UTF8.GetBytes(password)), now.ToUnixTimeMilliseconds(), ends?.ToUnixTimeMilliseconds());
    }

    public bool IsValidAt(DateTimeOffset now) => EndsAtMs is null || now.ToUnixTimeMilliseconds() < EndsAtMs;

    public bool Fits(byte[] password) => CryptographicOperations.FixedTimeEquals(HashOf(Salt, password), Hash);

    private static byte[] HashOf(byte[] salt, byte[] password) => SHA256.HashData([.. salt, .. password]);
}
