package dev.interlock.system;

import dev.interlock.catalog.Catalogs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.Stream;

/** Gateways of one machine that share a store. Each has a loopback of its own, and all have the same port. */
final class GatewayFleet {

    static final Path BALANCER = Path.of("/usr/sbin/haproxy");

    private final List<ServiceGatewayInstallation> gateways = new ArrayList<>();
    private final List<Path> directories = new ArrayList<>();
    private final String policy;
    private final String sealed;
    private int port;

    GatewayFleet(String policy) {
        this(policy, "");
    }

    /** Makes one with more lines in {@code interlock.yaml}. */
    GatewayFleet(String policy, String sealed) {
        this.policy = policy;
        this.sealed = sealed;
    }

    List<ServiceGatewayInstallation> gateways() {
        return gateways;
    }

    int port() {
        return port;
    }

    /** Gives all the first one's key: what is asked at one must have the same digest at the others. */
    void shareFingerprints() throws IOException {
        for (Path other : directories.subList(1, directories.size())) {
            Files.copy(
                    directories.getFirst().resolve("data/fingerprint.key"),
                    other.resolve("data/fingerprint.key"),
                    StandardCopyOption.COPY_ATTRIBUTES);
        }
    }

    /** Makes a gateway, which has the configuration of the first except its name, its address and its files. */
    ServiceGatewayInstallation add(Path directory, SmallService service, String more) throws Exception {
        return add(directory, service.address(), more);
    }

    /** Makes one whose upstream is at {@code service}. */
    ServiceGatewayInstallation add(Path directory, String service, String more) throws Exception {
        String upstream = """
                  orders:
                    catalog: shop
                    address: "%s"
                    credentials:
                      shop: {environments: [staging], impacts: [read, write, destroy]}
                    resources:
                      "shop:order/o-*": {environments: [staging]}
                """.formatted(service);
        ServiceGatewayInstallation made = new ServiceGatewayInstallation(
                directory,
                Map.of(
                        "interlock.yaml",
                        ServiceGatewayInstallation.organisation(upstream) + sealed,
                        "policy.cedar",
                        policy,
                        "catalogs/shop.yaml",
                        Catalogs.example("rest")),
                Map.of("shop", "the-real-one"));
        port = gateways.isEmpty() ? made.port() : port;
        String first = Files.readString((gateways.isEmpty() ? made : gateways.getFirst()).config());
        Files.writeString(
                made.config(),
                first.replaceFirst("example/\\w+", "example/" + directory.getFileName())
                                .replaceFirst("listen: [0-9.:]+", "listen: " + address(gateways.size()) + ":" + port)
                                .replaceFirst("ledgers/\\w+", "ledgers/" + directory.getFileName())
                        + more);
        gateways.add(made);
        directories.add(directory);
        return made;
    }

    /** Each has a loopback of its own, as if it were a machine, and answers to the same name. */
    static String address(int gateway) {
        return "127.0.0." + (gateway + 2);
    }

    /** Sends it to {@code gateway}, past the balancer. */
    String curl(int gateway, String lease, String method, String target, String... more) throws Exception {
        return ServiceGatewayInstallation.curlAt(
                port,
                lease,
                method,
                target,
                Stream.concat(
                                Stream.of("--connect-to", "127.0.0.1:" + port + ":" + address(gateway) + ":" + port),
                                Stream.of(more))
                        .toArray(String[]::new));
    }

    /** Starts the balancer before them, at their port of 127.0.0.1. */
    Process balancer(Path root) throws IOException {
        return balancer(root, List.of(), "127.0.0.1", GatewayFleet::address);
    }

    /** Starts it at {@code bind} by {@code prefix}, before gateways with these addresses. */
    Process balancer(Path root, List<String> prefix, String bind, IntFunction<String> addresses) throws IOException {
        StringBuilder settings = new StringBuilder("""
                defaults
                  mode tcp
                  timeout connect 5s
                  timeout client 60s
                  timeout server 60s
                listen gateways
                  bind %s:%d
                  balance roundrobin
                """.formatted(bind, port));
        for (int i = 0; i < gateways.size(); i++) {
            settings.append("  server g%d %s:%d\n".formatted(i, addresses.apply(i), port));
        }
        Path file = Files.writeString(root.resolve("haproxy.cfg"), settings);
        List<String> command = new ArrayList<>(prefix);
        command.addAll(List.of(BALANCER.toString(), "-db", "-f", file.toString()));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(root.resolve("haproxy.log").toFile())
                .start();
    }
}
