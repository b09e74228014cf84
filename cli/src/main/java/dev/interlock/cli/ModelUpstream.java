package dev.interlock.cli;

import dev.interlock.adminapi.StatusQuestion;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.config.Config;
import dev.interlock.shapes.ModelProvider;
import java.io.IOException;
import java.net.BindException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The upstream in the seal for an agent's requests to its model. Without it an agent only says that it cannot reach its
 * model.
 */
record ModelUpstream(String name, String catalog) {

    sealed interface ModelUpstreamStatus {
        record ReadyUpstream() implements ModelUpstreamStatus {}

        record MissingUpstream(String why) implements ModelUpstreamStatus {}

        record UnknownStatus(String why) implements ModelUpstreamStatus {}
    }

    /** If the gateway is down the status is unknown: the settings may be written before it runs. */
    ModelUpstreamStatus standing(Optional<Config> config) {
        if (config.isEmpty()) {
            return new ModelUpstreamStatus.UnknownStatus("--gateway names another");
        }
        try {
            return standing(AdminClient.at(config.get().adminSocket())
                    .ask(new StatusQuestion.AskStatus())
                    .seal());
        } catch (AdminRefusedException | BindException e) { // the JDK throws a BindException for EACCES
            return new ModelUpstreamStatus.UnknownStatus("this user is not among its `admins`");
        } catch (IOException e) {
            return new ModelUpstreamStatus.UnknownStatus("it does not answer");
        }
    }

    ModelUpstreamStatus standing(StatusQuestion.SealStatus status) {
        if (!status.upstreams().containsKey(name)) {
            return new ModelUpstreamStatus.MissingUpstream("The seal in force has no upstream `" + name + "`");
        }
        String read = Objects.requireNonNullElse(status.catalogs().get(name), "");
        return read.equals(catalog)
                ? new ModelUpstreamStatus.ReadyUpstream()
                : new ModelUpstreamStatus.MissingUpstream("The upstream `" + name
                        + "` of the seal in force is read by the catalog `" + read + "`, not `" + catalog + "`");
    }

    /**
     * Returns why an agent that starts in the sandbox by its usual command would not reach its model: it calls its
     * maker's own address, whatever the upstream's is.
     */
    static Optional<String> unreachable(StatusQuestion.SealStatus status, String catalog, String program) {
        List<String> makers = ModelProvider.of(catalog).stream()
                .flatMap(maker -> Stream.concat(Stream.of(maker.address()), maker.subscriptions().stream()))
                .map(ModelUpstream::host)
                .distinct()
                .toList();
        List<String> sealed = status.upstreams().entrySet().stream()
                .filter(upstream -> catalog.equals(status.catalogs().get(upstream.getKey())))
                .map(upstream -> host(upstream.getValue()))
                .distinct()
                .toList();
        return makers.isEmpty() || sealed.stream().anyMatch(makers::contains)
                ? Optional.empty()
                : Optional.of(program + " calls its model at `" + String.join("` or `", makers)
                        + "`, and the policy has it at `" + String.join("`, `", sealed) + "`");
    }

    List<String> lines() {
        if (ModelProvider.of(catalog).isEmpty()) {
            return List.of();
        }
        List<String> lines = new ArrayList<>(List.of("upstreams:"));
        lines.addAll(UpstreamLines.model(name, catalog, "staging", ModelCredential.API_KEY)
                .lines());
        return lines;
    }

    /** False if the gateway cannot be asked: then no agent starts either. */
    static boolean hasSubscription(Config config, String catalog) {
        try {
            return hasSubscription(
                    AdminClient.at(config.adminSocket())
                            .ask(new StatusQuestion.AskStatus())
                            .seal(),
                    catalog);
        } catch (AdminRefusedException | IOException e) {
            return false;
        }
    }

    /** An agent inside calls its provider by the provider's own address, so that upstream answers. */
    static boolean hasSubscription(StatusQuestion.SealStatus status, String catalog) {
        Optional<String> there = ModelProvider.of(catalog).flatMap(ModelProvider::subscriptions);
        return there.isPresent()
                && status.upstreams().entrySet().stream()
                        .filter(upstream -> catalog.equals(status.catalogs().get(upstream.getKey())))
                        .filter(upstream -> List.of("authorization")
                                .equals(status.credentialHeaders().get(upstream.getKey())))
                        .anyMatch(upstream -> host(there.get()).equals(host(upstream.getValue())));
    }

    private static String host(String address) {
        return Objects.requireNonNullElse(URI.create(address).getHost(), "");
    }
}
