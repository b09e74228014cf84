package dev.interlock.keys;

import dev.interlock.evidence.SshPublicKey;
import dev.interlock.vault.Vault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * The part of {@code gateway.yaml} that the keys process needs and reads itself; the gateway's reader checks the rest.
 * Without a {@code listener} it serves its parent.
 */
record KeysConfig(Path vault, Vault.PinnedSealKeys signers, String origin, Optional<Listener> listener, boolean json) {

    static final String LOG_VARIABLE = "INTERLOCK_LOG"; // the environment variable that overrides the form of the log

    /** A socket, and the one user that it answers. */
    record Listener(String gateway, Path socket) {}

    /** Reads {@code file}; relative paths are relative to its directory. The message of a failure names the key. */
    static KeysConfig read(Path file) throws IOException {
        Section root = new Section(file, "", parse(file));
        Path directory = file.toAbsolutePath().normalize().resolveSibling("");
        Section signers = root.section("seal-signers");
        Optional<Section> keys = root.has("keys") ? Optional.of(root.section("keys")) : Optional.empty();
        Path data = directory.resolve(keys.orElse(root).text("data"));
        return new KeysConfig(
                data.resolve("vault"),
                new Vault.PinnedSealKeys(signers.keys("keys"), signers.number("quorum")),
                root.text("origin"),
                keys.map(own -> new Listener(
                        own.text("gateway"), directory.resolve(own.text("run")).resolve("keys.sock"))),
                root.has("log") && root.text("log").equals("json"));
    }

    /** Returns whether the log is JSON where {@code environment} may override the file. */
    boolean logsJson(Map<String, String> environment) {
        return switch (environment.getOrDefault(LOG_VARIABLE, "")) {
            case "json" -> true;
            case "text" -> false;
            case "" -> json;
            default -> throw new IllegalArgumentException("`" + LOG_VARIABLE + "` is `text` or `json`");
        };
    }

    private static Object parse(Path file) throws IOException {
        LoaderOptions options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        options.setMaxAliasesForCollections(0);
        try {
            return new Yaml(new SafeConstructor(options)).load(Files.readString(file));
        } catch (YAMLException e) {
            throw new IllegalArgumentException("`" + file + "` is not YAML: " + e.getMessage(), e);
        }
    }

    private record Section(Path file, String name, Object value) {

        boolean has(String key) {
            return mapping().get(key) != null;
        }

        Section section(String key) {
            return new Section(file, name + key + ".", required(key));
        }

        String text(String key) {
            return required(key).toString();
        }

        int number(String key) {
            if (required(key) instanceof Integer number) {
                return number;
            }
            throw refusal(key, "is not a number");
        }

        Set<SshPublicKey> keys(String key) {
            Set<SshPublicKey> keys = new LinkedHashSet<>();
            if (required(key) instanceof List<?> lines) {
                lines.forEach(line -> keys.add(SshPublicKey.parse(String.valueOf(line))));
            }
            if (keys.isEmpty()) {
                throw refusal(key, "is not a list of public keys");
            }
            return keys;
        }

        private Object required(String key) {
            Object found = mapping().get(key);
            if (found == null) {
                throw refusal(key, "is missing");
            }
            return found;
        }

        private Map<?, ?> mapping() {
            if (value instanceof Map<?, ?> mapping) {
                return mapping;
            }
            throw refusal("", "is not a mapping");
        }

        private IllegalArgumentException refusal(String key, String why) {
            return new IllegalArgumentException("`" + file + "`: `" + name + key + "` " + why);
        }
    }
}
