package dev.interlock.admin;

import dev.interlock.action.LocalService;
import dev.interlock.action.Loopback;
import dev.interlock.action.Seal;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.config.Config;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Decides which services of this machine agents may use by their ports.
 *
 * @param own the ports that are the gateway's, by which an agent would get past it
 */
public record ServiceRules(Set<Integer> own) {

    private static final int POSTGRES_PORT = 5432;

    public ServiceRules {
        own = Set.copyOf(own);
    }

    /** Returns the rules of a gateway whose front listens at {@code front}. */
    public static ServiceRules of(Config config, InetSocketAddress front) {
        Set<Integer> ports = new TreeSet<>(Set.of(front.getPort()));
        Stream.of(
                        Optional.of(config.listenAddress()),
                        config.postgresAddress(),
                        config.metricsAddress(),
                        config.remote().map(Config.Remote::listenAddress),
                        config.console().map(Config.Console::listenAddress))
                .flatMap(Optional::stream)
                .forEach(address -> ports.add(address.getPort()));
        config.store().filter(store -> Loopback.isHost(store.host())).ifPresent(store -> ports.add(store.port()));
        return new ServiceRules(ports);
    }

    /** Refuses {@code services} unless {@code seal} permits all of them, and none is a way around the gateway. */
    void require(Seal seal, List<LocalService> services) throws AdminRefusedException {
        for (LocalService service : services) {
            require(seal, service);
        }
    }

    void require(Seal seal, LocalService service) throws AdminRefusedException {
        if (!seal.sandbox().permitsService(service.service())) {
            throw new AdminRefusedException(
                    "refused",
                    "The seal does not let agents use the local service `" + service.service() + "`.",
                    "Add `services: [" + service.service()
                            + "]` to interlock.yaml, or `services: named` for every service that the person names who starts an agent, and seal it.");
        }
        if (own.contains(service.port())) {
            throw new AdminRefusedException(
                    "refused",
                    "Port " + service.port() + " is the gateway's own.",
                    "Agents reach the gateway by `INTERLOCK_GATEWAY`, without `--service`.");
        }
        Optional<Seal.Upstream> upstream = seal.upstreams().values().stream()
                .filter(one -> isAt(one.address(), service.port()))
                .findFirst();
        if (upstream.isPresent()) {
            throw new AdminRefusedException(
                    "refused",
                    "Port " + service.port() + " is that of the upstream `"
                            + upstream.get().name() + "`, whose calls the gateway decides.",
                    "Agents reach it through the gateway, without `--service`.");
        }
    }

    private static boolean isAt(URI address, int port) {
        String host = address.getHost();
        if (host == null || !Loopback.isHost(host)) {
            return false;
        }
        int written = address.getPort();
        return written == port || (written < 0 && port == POSTGRES_PORT && isPostgres(address));
    }

    private static boolean isPostgres(URI address) {
        return String.valueOf(address.getScheme()).startsWith("postgres");
    }
}
