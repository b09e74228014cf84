package dev.interlock.action;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The files of a workspace that run by themselves later: somebody's git, editor, shell, package manager, CI or next
 * agent reads them, and does what they say, without anybody calling them by name. What is called by name, such as a
 * {@code Makefile} or a test, is not among them.
 */
public record ExecutedPaths(List<Entry> entries) {

    /** More would be read of a sealed list by nobody. */
    public static final int MOST = 500;

    private static final int LONGEST = 200;

    private static final String ADDED = "the seal says that it runs by itself";

    /**
     * One kind of path.
     *
     * @param pattern names of files or directories, separated by {@code /}, which the path ends with, at any depth;
     *     {@code *} stands for any characters of one name. {@code .git} stands for whatever git takes for a repository
     * @param why who runs it, and when, as a clause
     */
    public record Entry(String pattern, String why) {
        public Entry {
            requirePattern(pattern);
        }
    }

    private static final String GIT = "git runs it, or what it names, with the next commands there";
    private static final String CI = "the code host's CI runs it after the next push";
    private static final String SHELL = "the shell loads it when somebody enters the directory";
    private static final String PACKAGES =
            "the package manager runs its scripts, or what it names, with the next command";
    private static final String EDITOR =
            "the editor reads tasks and programs to start from it when it opens the directory";
    private static final String AGENT = "the next coding agent takes it for its settings, hooks or orders";

    private static final ExecutedPaths USUAL = new ExecutedPaths(List.of(
            new Entry(".git", "git takes it for the way to a repository, and runs what is configured there"),
            new Entry(".git/hooks", "git runs it at the next commit, checkout, merge or push"),
            new Entry(".git/config", "git runs what it names: hooks, filters, editors, transports, aliases"),
            new Entry(".git/config.worktree", GIT),
            new Entry(".git/commondir", "git takes configuration and hooks from where it points"),
            new Entry(".git/rebase-merge/git-rebase-todo", "git runs its `exec` lines when the rebase goes on"),
            new Entry(".githooks", GIT),
            new Entry(".husky", GIT),
            new Entry(".pre-commit-config.yaml", GIT),
            new Entry("lefthook.y*ml", GIT),
            new Entry(".lefthook.y*ml", GIT),
            new Entry(".github/workflows", CI),
            new Entry(".github/actions", CI),
            new Entry(".gitea/workflows", CI),
            new Entry(".forgejo/workflows", CI),
            new Entry(".gitlab-ci.yml", CI),
            new Entry(".circleci", CI),
            new Entry(".travis.yml", CI),
            new Entry(".buildkite", CI),
            new Entry(".drone.yml", CI),
            new Entry(".woodpecker*", CI),
            new Entry("azure-pipelines.yml", CI),
            new Entry("bitbucket-pipelines.yml", CI),
            new Entry("cloudbuild.yaml", CI),
            new Entry("Jenkinsfile", CI),
            new Entry(".envrc", SHELL),
            new Entry("mise.toml", SHELL),
            new Entry(".mise.toml", SHELL),
            new Entry("package.json", PACKAGES),
            new Entry(".npmrc", PACKAGES),
            new Entry(".yarnrc", PACKAGES),
            new Entry(".yarnrc.yml", PACKAGES),
            new Entry(".yarn/releases", PACKAGES),
            new Entry(".yarn/plugins", PACKAGES),
            new Entry(".pnpmfile.*js", PACKAGES),
            new Entry(".vscode", EDITOR),
            new Entry("*.code-workspace", EDITOR),
            new Entry(".idea", EDITOR),
            new Entry(".zed", EDITOR),
            new Entry(".fleet", EDITOR),
            new Entry(".exrc", EDITOR),
            new Entry(".nvimrc", EDITOR),
            new Entry(".nvim.lua", EDITOR),
            new Entry(".dir-locals.el", EDITOR),
            new Entry(".devcontainer", EDITOR),
            new Entry(".devcontainer.json", EDITOR),
            new Entry(".cursor", AGENT),
            new Entry(".cursorrules", AGENT),
            new Entry(".windsurf", AGENT),
            new Entry(".claude", AGENT),
            new Entry(".codex", AGENT),
            new Entry(".gemini", AGENT),
            new Entry(".mcp.json", AGENT),
            new Entry("CLAUDE.md", AGENT),
            new Entry("AGENTS.md", AGENT),
            new Entry("GEMINI.md", AGENT),
            new Entry(".github/copilot-instructions.md", AGENT)));

    public ExecutedPaths {
        entries = List.copyOf(entries);
    }

    /** Those that are known without any seal. */
    public static ExecutedPaths usual() {
        return USUAL;
    }

    /** These and those of {@code also}, without those whose pattern is in {@code except}, to the letter. */
    public ExecutedPaths changed(Collection<String> also, Collection<String> except) {
        List<Entry> changed = new ArrayList<>(entries);
        changed.removeIf(entry -> except.contains(entry.pattern()));
        also.forEach(pattern -> changed.add(new Entry(pattern, ADDED)));
        return new ExecutedPaths(changed);
    }

    /** All patterns. */
    public Set<String> patterns() {
        return entries.stream().map(Entry::pattern).collect(Collectors.toSet());
    }

    /** The first entry that {@code path}, seen from the workspace, ends with. */
    public Optional<Entry> of(Path path) {
        return entries.stream().filter(entry -> ends(path, entry.pattern())).findFirst();
    }

    /** The first entry of which something may lie below {@code path}. */
    public Optional<Entry> below(Path path) {
        return entries.stream()
                .filter(entry -> {
                    String pattern = entry.pattern();
                    boolean begins = false;
                    for (int slash = pattern.indexOf('/'); slash > 0; slash = pattern.indexOf('/', slash + 1)) {
                        begins |= ends(path, pattern.substring(0, slash));
                    }
                    return begins;
                })
                .findFirst();
    }

    private static boolean ends(Path path, String pattern) {
        String[] names = pattern.split("/", -1);
        int from = path.getNameCount() - names.length;
        if (from < 0) {
            return false;
        }
        for (int i = 0; i < names.length; i++) {
            if (!is(path.getName(from + i).toString(), names[i])) {
                return false;
            }
        }
        return true;
    }

    private static boolean is(String name, String pattern) {
        int star = pattern.indexOf('*');
        return star < 0
                ? name.equals(pattern)
                : name.startsWith(pattern.substring(0, star))
                        && Pattern.matches(Pattern.quote(pattern).replace("*", "\\E.*\\Q"), name);
    }

    /**
     * Refuses what is no pattern.
     *
     * @throws IllegalArgumentException if {@code pattern} is none
     */
    public static void requirePattern(String pattern) {
        boolean odd = pattern.isEmpty()
                || pattern.length() > LONGEST
                || !pattern.codePoints().allMatch(Plain::is)
                || List.of(pattern.split("/", -1)).stream()
                        .anyMatch(name -> name.isEmpty() || name.equals(".") || name.equals("..") || name.equals("*"));
        if (odd) {
            throw new IllegalArgumentException(
                    "a path that runs by itself is written in names separated by `/`, relative, without `.` and `..`");
        }
    }

    /** As places tell it. */
    public Json json() {
        return new Json.Array(entries.stream()
                .<Json>map(
                        entry -> Json.object().with("pattern", entry.pattern()).with("why", entry.why()))
                .toList());
    }

    /**
     * Reads what {@link #json} wrote.
     *
     * @throws MalformedException if it is anything else
     */
    public static ExecutedPaths read(List<Json.Members> entries) {
        try {
            return new ExecutedPaths(entries.stream()
                    .map(entry -> new Entry(entry.text("pattern"), entry.text("why")))
                    .toList());
        } catch (IllegalArgumentException e) {
            throw new MalformedException("a path that runs by itself is not understood", e);
        }
    }
}
