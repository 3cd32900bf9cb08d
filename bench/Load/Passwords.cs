using System.Security.Cryptography;
using System.Text;

namespace Fleet.Bench.Load;

/// <summary>Each terminal's password, as long as those that Fleet makes; the same in every run.</summary>
internal static class Passwords
{
    public static string Of(int terminal) => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes($"bench {terminal}")).AsSpan(0, 20));
}
