package dev.interlock.catalog;

import dev.interlock.action.ExecutedPathMatcher;
import dev.interlock.action.ExecutedPaths;
import dev.interlock.action.SecretFiles;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A list of names that a catalog defines once and uses in several places. A name that ends in {@code *} stands for all
 * that begin so, one that begins with it for all that end so, and one with both for all that contain it. Lists of
 * dangerous names ignore case: better one question too many than one too few.
 */
record WordList(List<String> patterns) {

    /** Stands for the files that {@code run} holds, because they run by themselves later. */
    private static final String EXECUTED = "$executed";

    /** Stands for the files that usually hold secrets. */
    private static final String SECRET_FILES = "$secret-files";

    /** Stands for searches of code for such files. */
    private static final String SECRET_SEARCHES = "$secret-searches";

    /** Stands for the branches that are usually deployed. */
    private static final String DEPLOYING_BRANCHES = "$deploying-branches";

    /**
     * The lists that every catalog may name: the labels at which workflows, bots and agents start, and the names of
     * accounts behind which agents work, as far as they are widely used. They only add.
     */
    private static final Map<String, List<String>> SHARED = Map.of(
            "$starting-labels",
            List.of(
                    "*safe-to-test*",
                    "*ok-to-test*",
                    "*merge*",
                    "*deploy*",
                    "*release*",
                    "*publish*",
                    "*preview*",
                    "*backport*",
                    "*run-*",
                    "ci*",
                    "*lgtm*",
                    "*approv*",
                    "*ship*",
                    "*apply*",
                    "*cherry-pick*",
                    "*retest*",
                    "*rebase*",
                    "fix-me*",
                    "*claude*",
                    "*codex*",
                    "*copilot*",
                    "*agent*",
                    "*openhands*",
                    "*gemini*",
                    "*opencode*",
                    "cursor*",
                    "devin*",
                    "sweep*",
                    "jules*"),
            "$agents",
            List.of(
                    "*agent*",
                    "*bot",
                    "*bot]",
                    "claude*",
                    "*claude code*",
                    "*anthropic*",
                    "*codex*",
                    "*openai*",
                    "*copilot*",
                    "*cursor*",
                    "devin*",
                    "*gemini*",
                    "jules*",
                    "*openhands*",
                    "*opencode*"));

    /** Stands for names of files that may be directories, because they have no extension. */
    private static final String DIRECTORIES = "$directories";

    /** What stands between the words of a name, as people choose. */
    private static final Pattern SEPARATOR = Pattern.compile("[\\s\\h_-]+");

    private static final Pattern SEPARATED = Pattern.compile("[\\s\\h_'\u2019]");

    private static final Pattern APOSTROPHE = Pattern.compile("['\u2019]");

    /** What every change of a dependency or version changes: people would be asked about ordinary pushes. */
    private static final Set<String> MANIFESTS =
            Set.of("package.json", "composer.json", "flake.lock", ".tool-versions");

    /** No machine has a longer one. Each part of a path is looked at. */
    private static final int LONGEST_PATH = 4_096;

    private static final ExecutedPathMatcher EXECUTED_PATHS =
            ExecutedPaths.usual().withChanges(List.of(), MANIFESTS).names();

    WordList {
        patterns = patterns.stream().map(WordList::folded).toList();
    }

    static Map<String, WordList> lists(CatalogSection top) {
        Map<String, WordList> lists = new HashMap<>();
        top.members("words").forEach((name, words) -> lists.put(name, of(words)));
        return Map.copyOf(lists);
    }

    static WordList of(CatalogSection words) {
        return new WordList(words.items().stream()
                .map(item -> item.read(WordList::pattern))
                .flatMap(word -> SHARED.getOrDefault(word, List.of(word)).stream())
                .toList());
    }

    private static String pattern(String text) {
        if (core(text).isEmpty() || core(text).indexOf('*') >= 0) {
            throw new IllegalArgumentException(
                    "`" + text + "` may have a `*` only at its ends, beside at least one other character");
        }
        return text;
    }

    private static String core(String pattern) {
        int from = pattern.startsWith("*") ? 1 : 0;
        int to = pattern.endsWith("*") ? pattern.length() - 1 : pattern.length();
        return pattern.substring(Math.min(from, to), to);
    }

    /**
     * Matches lists of dangerous names. Whitespace around a word is ignored, because providers may cut it off. What a
     * list separates by hyphens may be separated by blanks or underscores as well.
     */
    boolean match(String word) {
        String folded = folded(word).strip();
        return matchInLowerCase(folded)
                || (SEPARATED.matcher(folded).find() && matchInLowerCase(hyphenated(folded)))
                || (patterns.contains(SECRET_SEARCHES) && SecretFiles.areSoughtBy(word));
    }

    /** Returns whether a word matches {@code path} in this or its plain spelling, or its rest behind any slash. */
    boolean matchesAnySuffix(String path) {
        boolean isPlain = !path.contains("//") && !path.contains("/.") && !path.endsWith("/");
        return matchesSuffix(path)
                || (!isPlain && matchesSuffix(plain(path)))
                || (patterns.contains(SECRET_FILES) && SecretFiles.contains(path))
                || (patterns.contains(DIRECTORIES) && mayBeDirectory(plain(path)));
    }

    /** Returns {@code path} as systems resolve it: {@code id_rsa/.} and {@code a/../id_rsa} are {@code id_rsa}. */
    private static String plain(String path) {
        Deque<String> segments = new ArrayDeque<>();
        for (String segment : path.split("/", -1)) {
            if (segment.equals("..")) {
                segments.pollLast();
            } else if (!segment.isEmpty() && !segment.equals(".")) {
                segments.addLast(segment);
            }
        }
        return String.join("/", segments);
    }

    private static boolean mayBeDirectory(String path) {
        return path.indexOf('.', path.lastIndexOf('/') + 2) < 0;
    }

    /** Nothing is copied, because paths may be long. */
    private boolean matchesSuffix(String path) {
        String folded = folded(path);
        if (patterns.contains(EXECUTED) && (isExecuted(path) || (!folded.equals(path) && isExecuted(folded)))) {
            return true;
        }
        int at = 0;
        while (!matches(folded, at)) {
            int slash = folded.indexOf('/', at);
            if (slash < 0) {
                return false;
            }
            at = slash + 1;
        }
        return true;
    }

    /**
     * Returns whether a word matches {@code text}, or one of its lines. A later line that begins with a path, such as
     * {@code /var/log}, is no command.
     */
    boolean matchesAnyLine(String text) {
        return match(text) || text.lines().skip(1).map(String::strip).anyMatch(line -> !isPath(line) && match(line));
    }

    private static boolean isPath(String line) {
        int slash = line.indexOf('/', 1);
        return line.startsWith("/") && slash > 0 && line.substring(0, slash).indexOf(' ') < 0;
    }

    private static boolean isExecuted(String path) {
        if (path.length() > LONGEST_PATH) {
            return true;
        }
        try {
            for (Path part = Path.of(path); part != null; part = part.getParent()) {
                if (EXECUTED_PATHS.of(part).isPresent()) {
                    return true;
                }
            }
            return false;
        } catch (InvalidPathException _) {
            return true; // one question too many
        }
    }

    /** Matches lists of harmless names: a word in another case is a different word. */
    boolean matchInLowerCase(String word) {
        return matches(word, 0);
    }

    private static String hyphenated(String word) {
        return SEPARATOR.matcher(APOSTROPHE.matcher(word).replaceAll("")).replaceAll("-");
    }

    private boolean matches(String word, int from) {
        return (from == 0 && patterns.contains(DEPLOYING_BRANCHES) && BranchName.isDeployed(word))
                || patterns.stream().anyMatch(pattern -> matches(pattern, word, from));
    }

    private static boolean matches(String pattern, String word, int from) {
        String core = core(pattern);
        if (pattern.startsWith("*")) {
            return pattern.endsWith("*")
                    ? word.indexOf(core, from) >= 0
                    : word.length() - from >= core.length() && word.endsWith(core);
        }
        return word.startsWith(core, from) && (pattern.endsWith("*") || word.length() - from == pattern.length());
    }

    private static String folded(String text) {
        return text.toLowerCase(Locale.ROOT);
    }
}
