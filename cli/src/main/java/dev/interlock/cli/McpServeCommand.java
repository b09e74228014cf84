package dev.interlock.cli;

import dev.interlock.stdio.StdioBridge;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "serve",
        description = {
            "Serve a program of MCP to the gateway, until SIGTERM. `interlock upstream add mcp` has written it down.",
            "Each session has a process of the program, in a sandbox and as a user of its own, which can reach only the gateway. Nobody but the gateway has the token for it."
        },
        footer = "  sudo interlock mcp serve files")
final class McpServeCommand extends ConfiguredCommand {

    private static final Path FIRST_PORT_FOR_ALL = Path.of("/proc/sys/net/ipv4/ip_unprivileged_port_start");

    @Parameters(paramLabel = "NAME", description = "The upstream's name.")
    private String name = "";

    @Option(
            names = "--errors",
            description = "Pass on what the program writes to its standard error. It may contain what it works on.")
    private boolean showsErrors;

    @Override
    public Integer call() throws Exception {
        StdioServer server = StdioServer.read(options.configFile(), name);
        if (firstPortForAll() <= server.port()) {
            terminal.problem(
                    "any user of this machine may listen at port " + server.port()
                            + " while this is down, and would get the token: sysctl -w net.ipv4.ip_unprivileged_port_start=1024");
        }
        StdioBridge bridge = SandboxedServer.bridge(server, options, showsErrors, terminal);
        Runtime.getRuntime().addShutdownHook(new Thread(bridge::close, "close-bridge"));
        terminal.aside("serving " + name + " at 127.0.0.1:" + bridge.port());
        new CountDownLatch(1).await(); // until a signal ends this process
        return 0;
    }

    private static int firstPortForAll() throws IOException {
        return Files.isReadable(FIRST_PORT_FOR_ALL)
                ? Integer.parseInt(Files.readString(FIRST_PORT_FOR_ALL).strip())
                : 1024;
    }
}
