package dev.interlock.system;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** git's {@code http-backend} behind nginx, as people host repositories themselves. */
final class NginxGit implements AutoCloseable {

    private final Path home;
    private final int port = Programs.freePort();
    private final List<Process> processes = new ArrayList<>();

    /** Serves {@code repositories} to whoever sends {@code authorization}. {@code home} is for its own files. */
    NginxGit(Path home, Path repositories, String authorization) throws Exception {
        this.home = home;
        Path socket = home.resolve("cgi");
        ProcessBuilder cgi = new ProcessBuilder("/usr/sbin/fcgiwrap", "-f", "-c", "4", "-s", "unix:" + socket);
        start(cgi);
        Path configuration = home.resolve("nginx.conf");
        Files.writeString(configuration, """
                daemon off;
                worker_processes 1;
                user %2$s;
                pid %1$s/nginx.pid;
                error_log %1$s/nginx-error.log warn;
                events {}
                http {
                    access_log off;
                    client_body_temp_path %1$s/body;
                    fastcgi_temp_path %1$s/fastcgi;
                    proxy_temp_path %1$s/proxy;
                    scgi_temp_path %1$s/scgi;
                    uwsgi_temp_path %1$s/uwsgi;
                    client_max_body_size 0;
                    server {
                        listen 127.0.0.1:%3$d;
                        if ($http_authorization != "%4$s") { return 401; }
                        location / {
                            include /etc/nginx/fastcgi_params;
                            fastcgi_param SCRIPT_FILENAME /usr/lib/git-core/git-http-backend;
                            fastcgi_param PATH_INFO $uri;
                            fastcgi_param GIT_PROJECT_ROOT "%5$s";
                            fastcgi_param GIT_HTTP_EXPORT_ALL "1";
                            fastcgi_param REMOTE_USER bot;
                            fastcgi_param GIT_CONFIG_COUNT "1";
                            fastcgi_param GIT_CONFIG_KEY_0 safe.directory;
                            fastcgi_param GIT_CONFIG_VALUE_0 "*";
                            fastcgi_pass unix:%6$s;
                        }
                    }
                }
                """.formatted(
                        home, System.getProperty("user.name"), port, authorization, repositories, socket));
        start(new ProcessBuilder("nginx", "-p", home.toString(), "-c", configuration.toString()));
        Programs.await("nginx listens", this::listens);
    }

    static boolean isInstalled() {
        return List.of("/usr/sbin/nginx", "/usr/sbin/fcgiwrap", "/usr/lib/git-core/git-http-backend").stream()
                .allMatch(program -> Files.isExecutable(Path.of(program)));
    }

    private void start(ProcessBuilder builder) throws IOException {
        processes.add(builder.redirectErrorStream(true)
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(home.resolve("log").toFile()))
                .start());
    }

    private boolean listens() throws IOException {
        if (!processes.stream().allMatch(Process::isAlive)) {
            throw new AssertionError(Files.readString(home.resolve("log")));
        }
        try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return Files.exists(home.resolve("cgi"));
        } catch (IOException e) {
            return false;
        }
    }

    String address() {
        return "http://127.0.0.1:" + port;
    }

    @Override
    public void close() {
        processes.forEach(Programs::stop);
    }
}
