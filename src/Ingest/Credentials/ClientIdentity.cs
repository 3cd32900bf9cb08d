using System.Collections.Immutable;

namespace Fleet.Ingest.Credentials;

/// <summary>What a client certificate says once it has been found good; small enough to be kept with its session.</summary>
/// <param name="Serial">The terminal that it names.</param>
/// <param name="Ends">When it ends (RFC 5280, notAfter).</param>
/// <param name="Root">Thumbprint (SHA-256) of the certificate authority that it goes back to.</param>
/// <param name="Chain">It and the authorities between, as a revocation list would name them.</param>
internal sealed record ClientIdentity(string Serial, DateTimeOffset Ends, string Root, ImmutableArray<IssuedNumber> Chain);

/// <summary>A certificate by its issuer's name (RFC 4514) and the number the issuer gave it (hexadecimal, no leading zeros).</summary>
internal readonly record struct IssuedNumber(string Issuer, string Number);
