package dev.interlock.cli;

import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.config.Config;
import dev.interlock.evidence.Json;
import dev.interlock.setup.ChatGptLogin;
import java.io.IOException;
import java.net.BindException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The upstream for an agent's requests to its model. Without it every request is refused, and the agent only says that
 * it cannot reach its model.
 *
 * @param name in the seal
 * @param catalog of the model's provider
 */
record ModelUpstream(String name, String catalog) {

    /** The status of the upstream in the seal in force. */
    sealed interface ModelUpstreamStatus {
        record ReadyUpstream() implements ModelUpstreamStatus {}

        /** It is missing or unsuitable. */
        record MissingUpstream(String why) implements ModelUpstreamStatus {}

        /** The gateway could not be asked. */
        record UnknownStatus(String why) implements ModelUpstreamStatus {}
    }

    /** The providers of built-in catalogs. */
    private static final Map<String, Provider> PROVIDERS = Map.of(
            "anthropic",
            new Provider(
                    "https://api.anthropic.com", Optional.of("x-api-key"), Optional.of("https://api.anthropic.com")),
            "openai",
            new Provider("https://api.openai.com", Optional.empty(), Optional.of(ChatGptLogin.MODELS.toString())),
            "gemini",
            new Provider("https://generativelanguage.googleapis.com", Optional.of("x-goog-api-key"), Optional.empty()));

    /**
     * A provider of models.
     *
     * @param address where it takes API keys
     * @param header the header for its keys, unless that is {@code authorization}
     * @param subscriptions where it takes the credential of a subscription
     */
    private record Provider(String address, Optional<String> header, Optional<String> subscriptions) {

        /** Returns whether it is asked at {@code host} with {@code headers} by a subscription, and not with a key. */
        boolean isSubscription(String host, List<String> headers) {
            return subscriptions
                            .filter(there -> host.equals(URI.create(there).getHost()))
                            .isPresent()
                    && headers.equals(List.of("authorization"));
        }
    }

    /**
     * Asks the gateway. If it is down the status is unknown, because the settings may be written before the gateway
     * runs.
     */
    ModelUpstreamStatus standing(Optional<Config> config) {
        if (config.isEmpty()) {
            return new ModelUpstreamStatus.UnknownStatus("--gateway names another");
        }
        try {
            return standing(AdminClient.at(config.get().adminSocket()).call("status", Json.object()));
        } catch (AdminRefusedException | BindException e) { // the JDK throws a BindException for EACCES
            return new ModelUpstreamStatus.UnknownStatus("this user is not among its `admins`");
        } catch (IOException e) {
            return new ModelUpstreamStatus.UnknownStatus("it does not answer");
        }
    }

    ModelUpstreamStatus standing(Json.Members status) {
        if (status.object("upstreams").get(name).isEmpty()) {
            return new ModelUpstreamStatus.MissingUpstream("The seal in force has no upstream `" + name + "`");
        }
        String read = status.get("catalogs").isEmpty() // an older gateway's answer
                ? catalog
                : status.object("catalogs").text(name);
        return read.equals(catalog)
                ? new ModelUpstreamStatus.ReadyUpstream()
                : new ModelUpstreamStatus.MissingUpstream("The upstream `" + name
                        + "` of the seal in force is read by the catalog `" + read + "`, not `" + catalog + "`");
    }

    /** Returns the missing lines of the policy, as in {@code interlock.yaml}. */
    List<String> lines() {
        if (!PROVIDERS.containsKey(catalog)) {
            return List.of();
        }
        List<String> lines = new ArrayList<>(List.of("upstreams:"));
        lines.addAll(
                UpstreamLines.model(this, "staging", ModelCredential.API_KEY).lines());
        return lines;
    }

    /** Returns the provider's address for {@code credential}. */
    String address(ModelCredential credential) {
        return switch (credential) {
            case API_KEY -> provider().address();
            case SUBSCRIPTION -> provider().subscriptions().orElseThrow();
        };
    }

    /** Returns the header field of the provider's keys, unless that is {@code authorization}. */
    Optional<String> keyHeader() {
        return provider().header();
    }

    /**
     * Returns whether the gateway asks {@code catalog}'s provider with the credential of a subscription. Of Anthropic's
     * credentials, only such tokens are sent in {@code authorization}; OpenAI takes them at another address. If the
     * gateway cannot be asked the answer is no: then no agent starts either.
     */
    static boolean hasSubscription(Config config, String catalog) {
        try {
            return hasSubscription(AdminClient.at(config.adminSocket()).call("status", Json.object()), catalog);
        } catch (AdminRefusedException | IOException e) {
            return false;
        }
    }

    /** An agent inside calls its provider by the provider's own address, so that upstream answers. */
    static boolean hasSubscription(Json.Members status, String catalog) {
        Provider provider = PROVIDERS.get(catalog);
        if (provider == null || status.get("credential_headers").isEmpty()) {
            return false; // the last is an older gateway's answer
        }
        Json.Members headers = status.object("credential_headers");
        return status.object("upstreams").members().keySet().stream()
                .filter(upstream -> status.object("catalogs").text(upstream).equals(catalog))
                .anyMatch(upstream -> provider.isSubscription(
                        Objects.requireNonNullElse(
                                URI.create(status.object("upstreams").text(upstream))
                                        .getHost(),
                                ""),
                        headers.texts(upstream)));
    }

    private Provider provider() {
        return Objects.requireNonNull(PROVIDERS.get(catalog), catalog);
    }
}
