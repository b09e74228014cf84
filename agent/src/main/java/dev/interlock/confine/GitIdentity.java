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
 * an author; and whether they use Git LFS, without which git would commit the files themselves in the place of what
 * points to them. Nothing else of that configuration goes inside: it names programs and credentials.
 */
public final class GitIdentity {

    /** What the start writes as {@code ~/.gitconfig}, unless the agent's home has one. */
    public static final String VARIABLE = "INTERLOCK_GITCONFIG";

    /** What the start adds to {@code ~/.gitconfig}, unless it is there. */
    public static final String LARGE_FILES = "INTERLOCK_GIT_LFS";

    /**
     * What {@code git lfs install} writes. No catalog has the protocol that brings the files, so a file that is not
     * here yet stays what points to it.
     */
    private static final String LARGE_FILES_FILTER = """
        [filter "lfs"]
        \tclean = git-lfs clean -- %f
        \tsmudge = git-lfs smudge -- %f
        \tprocess = git-lfs filter-process
        \trequired = true
        [lfs]
        \tskipdownloaderrors = true
        """;

    /** Where programs are that are inside, too. */
    private static final Path PROGRAMS = Path.of("/usr");

    private static final String FILTER = "^filter\\.lfs\\.(clean|process)$";

    private static final String NAMES = "^user\\.(name|email)$";
    private static final int LONGEST = 1_000;
    private static final int PATIENCE = 5;

    private GitIdentity() {}

    /**
     * Returns the variables for the sandbox; none if git's configuration says nothing that goes inside, or without git.
     */
    public static Map<String, String> variables(Path workspace, Map<String, String> environment) throws IOException {
        Optional<Path> git = Host.program("git");
        if (git.isEmpty()) {
            return Map.of();
        }
        Map<String, String> variables = new TreeMap<>();
        Map<String, String> person = ask(git.get(), "--global", NAMES, workspace, environment);
        if (!person.isEmpty()) {
            variables.put(VARIABLE, configuration(person));
        }
        Optional<Path> filter = Host.program("git-lfs").filter(program -> program.startsWith(PROGRAMS));
        boolean isUsed = !ask(git.get(), "--global", FILTER, workspace, environment)
                        .isEmpty()
                || !ask(git.get(), "--system", FILTER, workspace, environment).isEmpty();
        if (filter.isPresent() && isUsed) {
            variables.put(LARGE_FILES, LARGE_FILES_FILTER);
        }
        return variables;
    }

    /** A workspace's own configuration is not asked: git inside reads it, and an agent may have written it. */
    private static Map<String, String> ask(
            Path git, String scope, String names, Path workspace, Map<String, String> environment) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                        git.toString(), "config", scope, "--includes", "--null", "--get-regexp", names)
                .directory(workspace.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().clear();
        List.of("HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM").stream()
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
                    said.put(one.substring(one.lastIndexOf('.', end) + 1, end), value); // the last one counts
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
