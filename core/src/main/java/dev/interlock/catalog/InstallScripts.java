package dev.interlock.catalog;

import dev.interlock.action.Bytes;
import dev.interlock.catalog.graphql.Value;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The scripts of a package's manifest, such as {@code package.json}, that run when somebody only installs it: on each
 * machine that builds, tests or develops it.
 */
public final class InstallScripts {

    private static final Set<String> NAMES = Set.of(
            "preinstall",
            "install",
            "postinstall",
            "prepublish",
            "preprepare",
            "prepare",
            "postprepare",
            "predependencies",
            "dependencies",
            "postdependencies");

    private InstallScripts() {}

    /**
     * Returns such scripts of a manifest, each with what it runs. Of what looks like a manifest but cannot be read, the
     * whole text is one.
     */
    public static Set<String> in(String text) {
        String manifest = text.startsWith("\ufeff") ? text.substring(1) : text;
        if (!manifest.stripLeading().startsWith("{")) {
            return Set.of();
        }
        Optional<Value> read = Value.find(Bytes.utf8(manifest));
        if (read.isEmpty()) {
            return manifest.contains("\"scripts\"") || manifest.contains("\\u") ? Set.of(manifest) : Set.of();
        }
        return read.get() instanceof Value.Members(var members)
                        && members.get("scripts") instanceof Value.Members(var scripts)
                ? scripts.entrySet().stream()
                        .filter(script -> isRunAtInstall(script.getKey()))
                        .map(script -> script.getKey() + " " + script.getValue().json())
                        .collect(Collectors.toUnmodifiableSet())
                : Set.of();
    }

    private static boolean isRunAtInstall(String name) {
        return NAMES.contains(name) || name.startsWith("pre-") || name.startsWith("post-");
    }

    /** Returns whether {@code content}, as it is or in base64, has such a script. */
    static boolean areIn(String content) {
        return !in(content).isEmpty() || !in(decoded(content)).isEmpty();
    }

    /** Returns whether a text that begins with {@code head}, as it is or in base64, may be a manifest. */
    static boolean mayBeBehind(String head) {
        String inBase64 = decoded(head.substring(0, head.length() / 4 * 4));
        return mayBegin(head) || (!inBase64.isEmpty() && mayBegin(inBase64));
    }

    private static boolean mayBegin(String text) {
        String manifest = (text.startsWith("\ufeff") ? text.substring(1) : text).stripLeading();
        return manifest.isEmpty() || manifest.startsWith("{");
    }

    private static String decoded(String content) {
        try {
            return new String(Base64.getMimeDecoder().decode(content), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException _) {
            return "";
        }
    }
}
