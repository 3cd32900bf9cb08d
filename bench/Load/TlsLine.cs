using System.Net;
using System.Runtime.InteropServices;

namespace Fleet.Bench.Load;

/// <summary>
/// A line with TLS, by OpenSSL itself: SslStream's client costs 1.5 ms of CPU a handshake, so that on two shared cores the
/// generator would be what is measured. Whole handshakes without resumption; the certificate's signature is checked, its
/// issuer is not (it is the bench's own, on loopback).
/// </summary>
internal sealed unsafe partial class TlsLine : Line
{
    private static readonly nint s_context = SSL_CTX_new(TLS_client_method());
    private readonly nint _session;

    public TlsLine(IPEndPoint server, IPAddress source) : base(server, source)
    {
        _session = SSL_new(s_context);
        if (SSL_set_fd(_session, (int)Socket.SafeHandle.DangerousGetHandle()) == 1 && SSL_connect(_session) == 1) return;
        Dispose();
        throw new IOException("The TLS handshake failed.");
    }

    public override void Send(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* from = bytes)
            if (SSL_write(_session, from, bytes.Length) != bytes.Length) throw new IOException("The server closed the TLS connection.");
    }

    protected override int Read(Span<byte> bytes)
    {
        fixed (byte* to = bytes) return SSL_read(_session, to, bytes.Length);
    }

    protected override void Dispose(bool disposing)
    {
        if (_session != 0) SSL_free(_session);
        base.Dispose(disposing);
    }

#pragma warning disable SYSLIB1054, IDE1006, CA5392 // libssl's own names
    [LibraryImport("libssl.so.3")]
    private static partial nint TLS_client_method();
    [LibraryImport("libssl.so.3")]
    private static partial nint SSL_CTX_new(nint method);
    [LibraryImport("libssl.so.3")]
    private static partial nint SSL_new(nint context);
    [LibraryImport("libssl.so.3")]
    private static partial int SSL_set_fd(nint session, int descriptor);
    [LibraryImport("libssl.so.3")]
    private static partial int SSL_connect(nint session);
    [LibraryImport("libssl.so.3")]
    private static partial int SSL_write(nint session, byte* bytes, int count);
    [LibraryImport("libssl.so.3")]
    private static partial int SSL_read(nint session, byte* bytes, int count);
    [LibraryImport("libssl.so.3")]
    private static partial void SSL_free(nint session);
#pragma warning restore SYSLIB1054, IDE1006, CA5392
}
