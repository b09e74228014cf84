package dev.interlock.confine;

import dev.interlock.action.VisibleText;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * The person's name and mail, as their own git configuration says them for a workspace, so that an agent's commits have
 * an author. Nothing else of that configuration goes inside: it names programs and credentials.
 */
public final class GitIdentity {

    /** What the start writes as {@code ~/.gitconfig}, unless the agent's home has one. */
    public static final String VARIABLE = "INTERLOCK_GITCONFIG";

    private static final String NAMES = "^user\\.(name|email)$";
    private static final int LONGEST = 1_000;
    private static final int PATIENCE = 5;

    private GitIdentity() {}

    /** Returns the variable for the sandbox; empty if the person has no name for git, or no git. */
    public static Map<String, String> variables(Path workspace, Map<String, String> environment) throws IOException {
        Optional<Path> git = Host.program("git");
        Map<String, String> said = git.isPresent() ? ask(git.get(), workspace, environment) : Map.of();
        return said.isEmpty() ? Map.of() : Map.of(VARIABLE, configuration(said));
    }

    /** A workspace's own configuration is not asked: git inside reads it, and an agent may have written it. */
    private static Map<String, String> ask(Path git, Path workspace, Map<String, String> environment)
            throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                        git.toString(), "config", "--global", "--includes", "--null", "--get-regexp", NAMES)
                .directory(workspace.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().clear();
        List.of("HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL").stream()
                .filter(environment::containsKey)
                .forEach(kept -> builder.environment().put(kept, environment.getOrDefault(kept, "")));
        Process process = builder.start();
        process.getOutputStream().close();
        try {
            if (!process.waitFor(PATIENCE, TimeUnit.SECONDS) || process.exitValue() != 0) {
                return Map.of();
            }
            Map<String, String> said = new TreeMap<>();
            String all = new String(process.getInputStream().readNBytes(LONGEST), StandardCharsets.UTF_8);
            for (String one : all.split("\0", -1)) {
                int end = one.indexOf('\n');
                String value = one.substring(end + 1).strip();
                if (end > 0 && !value.isEmpty() && VisibleText.line(value).equals(value)) {
                    said.put(one.substring("user.".length(), end), value); // the last one counts
                }
            }
            return said;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while git was asked for a name", e);
        } finally {
            process.destroyForcibly();
        }
    }

    private static String configuration(Map<String, String> said) {
        StringBuilder text = new StringBuilder("[user]\n");
        said.forEach((name, value) -> text.append("\t" + name + " = \"")
                .append(value.replace("\\", "\\\\").replace("\"", "\\\""))
                .append("\"\n"));
        return text.toString();
    }
}
