package dev.interlock.cli;

import dev.interlock.config.Config;
import dev.interlock.adminclient.AdminClient;
import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.evidence.Json;
import java.io.IOException;
import java.net.BindException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The upstream by which an agent asks its model. Without it every question is refused, and the agent only says that its
 * model cannot be reached.
 *
 * @param name in the seal
 * @param catalog of the model's provider
 */
record ModelUpstream(String name, String catalog) {

    /** What the seal in force says of it. */
    sealed interface Standing {
        record There() implements Standing {}

        /** Not there, or not what is needed. */
        record Lacking(String why) implements Standing {}

        /** Nobody could be asked. */
        record Unknown(String why) implements Standing {}
    }

    /** How the providers of the built-in catalogs are reached, and where each takes a key. */
    private static final Map<String, Provider> PROVIDERS = Map.of(
            "anthropic", new Provider("https://api.anthropic.com", ", header: x-api-key"),
            "openai", new Provider("https://api.openai.com", ""),
            "gemini", new Provider("https://generativelanguage.googleapis.com", ", header: x-goog-api-key"));

    private record Provider(String address, String header) {}

    /** Asks the gateway; what cannot be asked is unknown, because the settings may be written before it runs. */
    Standing standing(Optional<Config> config) {
        if (config.isEmpty()) {
            return new Standing.Unknown("--gateway names another");
        }
        try {
            return standing(AdminClient.at(config.get().adminSocket()).call("status", Json.object()));
        } catch (AdminRefusedException | BindException e) { // the latter is what the JDK makes of EACCES
            return new Standing.Unknown("this user is not among its `admins`");
        } catch (IOException e) {
            return new Standing.Unknown("it does not answer");
        }
    }

    Standing standing(Json.Members status) {
        if (status.object("upstreams").get(name).isEmpty()) {
            return new Standing.Lacking("The seal in force has no upstream `" + name + "`");
        }
        String read = status.get("catalogs").isEmpty() // of an older gateway
                ? catalog
                : status.object("catalogs").text(name);
        return read.equals(catalog)
                ? new Standing.There()
                : new Standing.Lacking("The upstream `" + name + "` of the seal in force is read by the catalog `"
                        + read + "`, not `" + catalog + "`");
    }

    /** What the policy would have to say, in the form of {@code interlock.yaml}. */
    List<String> lines() {
        Provider provider = PROVIDERS.get(catalog);
        if (provider == null) {
            return List.of();
        }
        return List.of(
                "upstreams:",
                "  " + name + ":",
                "    catalog: " + catalog,
                "    address: " + provider.address(),
                "    credentials:",
                "      " + name + "-key: {environments: [staging], impacts: [read]" + provider.header() + "}",
                "    resources: {\"" + catalog + ":account/self\": {environments: [staging]}}");
    }
}
