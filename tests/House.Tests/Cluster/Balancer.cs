using Fleet.House_Tests.Running;
using Fleet.Tests.Shared;

namespace Fleet.House_Tests.Cluster;

/// <summary>nginx' stream module before the MQTT ports of several nodes, as in deploy/nginx-stream.conf.</summary>
internal sealed class Balancer : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fleet-balancer-").FullName;
    private readonly ServerProcess _nginx;

    private Balancer(IEnumerable<int> nodes)
    {
        var health = FleetProcess.FreePort();
        var settings = Path.Combine(_folder, "nginx.conf");
        File.WriteAllText(settings, $$"""
            load_module /usr/lib/nginx/modules/ngx_stream_module.so;
            daemon off;
            master_process off;
            pid {{_folder}}/pid;
            error_log stderr crit;
            events { worker_connections 4096; }
            http {
                access_log off;
                client_body_temp_path {{_folder}}; proxy_temp_path {{_folder}}; fastcgi_temp_path {{_folder}}; uwsgi_temp_path {{_folder}}; scgi_temp_path {{_folder}};
                server { listen 127.0.0.1:{{health}}; return 200; }
            }
            stream {
                upstream fleet_mqtt { {{string.Concat(nodes.Select(port => $"server 127.0.0.1:{port} max_fails=1 fail_timeout=2s; "))}} }
                proxy_connect_timeout 1s;
                server { listen 127.0.0.1:{{MqttPort}}; proxy_pass fleet_mqtt; }
            }
            """);
        _nginx = new("/usr/sbin/nginx", "nginx libnginx-mod-stream", ["-c", settings, "-p", _folder], new($"http://127.0.0.1:{health}/"));
    }

    public int MqttPort { get; } = FleetProcess.FreePort();

    public static async Task<Balancer> StartAsync(params int[] nodes)
    {
        var balancer = new Balancer(nodes);
        await balancer._nginx.StartAsync();
        return balancer;
    }

    public async ValueTask DisposeAsync()
    {
        await _nginx.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
