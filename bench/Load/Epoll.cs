using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Fleet.Bench.Load;

/// <summary>
/// Linux epoll over a fixed set of sockets, edge triggered. Straight to the kernel because .NET's own socket engine costs
/// a thread hop for each wake-up, and what the generator burns the server on the same two cores does not get.
/// </summary>
internal sealed unsafe partial class Epoll : IDisposable
{
    public const uint Readable = 0x001, Writable = 0x004, Failed = 0x008 | 0x010;
    private const uint EdgeTriggered = 1u << 31;
    private const int Add = 1;
    private const int Interrupted = 4;

    // struct epoll_event is packed on x86-64 only: 4 bytes of events, then 8 of the caller's own.
    private static readonly bool s_packed = RuntimeInformation.ProcessArchitecture == Architecture.X64;
    private static readonly int s_eventSize = s_packed ? 12 : 16;
    private static readonly int s_keyOffset = s_packed ? 4 : 8;

    private readonly int _descriptor = Checked(epoll_create1(0));
    private readonly byte[] _events;
    private readonly int _capacity;

    public Epoll(int capacity)
    {
        _capacity = capacity;
        _events = new byte[capacity * s_eventSize];
    }

    public void Watch(Socket socket, int key)
    {
        var entry = stackalloc byte[16];
        *(uint*)entry = Readable | Writable | EdgeTriggered;
        *(long*)(entry + s_keyOffset) = key;
        Checked(epoll_ctl(_descriptor, Add, (int)socket.SafeHandle.DangerousGetHandle(), entry));
    }

    /// <summary>How many sockets became ready; read them with <see cref="Ready"/>.</summary>
    public int Wait(TimeSpan timeout)
    {
        var spec = stackalloc long[2];
        spec[0] = timeout.Ticks / TimeSpan.TicksPerSecond;
        spec[1] = timeout.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick;
        fixed (byte* events = _events)
        {
            var ready = epoll_pwait2(_descriptor, events, _capacity, spec, null);
            return ready < 0 && Marshal.GetLastPInvokeError() == Interrupted ? 0 : Checked(ready);
        }
    }

    public (int Key, uint Events) Ready(int index)
    {
        var entry = _events.AsSpan(index * s_eventSize, s_eventSize);
        return ((int)MemoryMarshal.Read<long>(entry[s_keyOffset..]), MemoryMarshal.Read<uint>(entry));
    }

    public void Dispose() => _ = close(_descriptor);

    private static int Checked(int result) =>
        result >= 0 ? result : throw new IOException($"epoll: {Marshal.GetLastPInvokeErrorMessage()}");

#pragma warning disable SYSLIB1054, IDE1006, CA5392 // libc's own names
    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_create1(int flags);
    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_ctl(int epoll, int operation, int descriptor, byte* entry);
    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_pwait2(int epoll, byte* events, int capacity, long* timeout, void* signals);
    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int descriptor);
#pragma warning restore SYSLIB1054, IDE1006, CA5392
}
