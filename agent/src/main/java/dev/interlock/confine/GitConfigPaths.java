package dev.interlock.confine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The paths in a workspace that git's configuration names as commands, or as files with commands. No list knows every
 * key that is a command. So each word of each value counts if it is a file of the workspace, unless the key is known to
 * hold something else.
 */
final class GitConfigPaths {

    /** Maximum depth of includes; git itself stops at ten. */
    private static final int MOST_INCLUDED = 10;

    /** Maximum files asked for: each is a process of some milliseconds. */
    private static final int MOST_ASKED = 512;

    private static final int LONGEST = 1 << 20;

    private static final int MOST_TRIED = 50_000;

    /** For each file prints all settings, a mark if git did not understand it, and an empty entry. */
    private static final String ASKING = """
        for f; do "$0" config --file "$f" --no-includes --null --list || printf '!\\0'; printf '\\0'; done 2>/dev/null
        """;

    private static final Pattern INCLUDING = Pattern.compile("include\\.path|includeif\\..*\\.path", Pattern.DOTALL);

    /** Keys that hold names of people, branches or data files, or addresses; one with {@code ::} starts a program. */
    private static final Pattern DATA = Pattern.compile("""
        (user|author|committer|branch|extensions|safe|url)\\..*\
        |remote\\..*\\.(url|pushurl|fetch|push|partialclonefilter)|remote\\.pushdefault\
        |submodule\\.(.*\\.(url|path|branch)|active)|gitflow\\.(branch|prefix)\\..*|lfs\\.(storage|(.*\\.)?url)\
        |core\\.(worktree|excludesfile)|init\\.defaultbranch|blame\\.ignorerevsfile|commit\\.template\
        |format\\.outputdirectory|mailmap\\.(file|blob)\
        """, Pattern.DOTALL);

    private static final Pattern SIMPLE =
            Pattern.compile("|true|false|yes|no|on|off|auto|always|never|-?\\d+[kmg]?|[a-z][a-z0-9+.-]*://\\S*");

    /** Text for a directory that is known only at run time: most often a repository's, or somebody's home. */
    private static final Pattern SOMEWHERE =
            Pattern.compile("(\\$\\w+|\\$\\{[^}]*}|[)`]|(?<![\\w.])~\\w*|%\\(\\w*\\))[\"']?(?=/)");

    private static final Pattern QUOTED = Pattern.compile("\"([^\"]*)\"|'([^']*)'");
    private static final Pattern BETWEEN = Pattern.compile("[\\s\"'`;&|()<>{}=,:$!*?#\\[\\]%]+");

    /** Files that git writes with each command. If they were read-only, nothing could be committed. */
    private static final Pattern WRITTEN =
            Pattern.compile("([A-Z]+_)?HEAD|COMMIT_EDITMSG|index|packed-refs|refs|objects|logs");

    private static final Pattern PLACES = Pattern.compile(".*(path|dir|hooks)", Pattern.DOTALL);

    private static final String BLANK = "\1";

    private final Path workspace;
    private final Set<Path> repositories;
    private final Path git;
    private final Map<Path, Integer> paths = new TreeMap<>();
    private final Map<Path, List<Setting>> answers = new TreeMap<>();
    private final Set<ReadRequest> seen = new HashSet<>();
    private int depth;
    private int asked;
    private int tried;
    private boolean whole = true;

    private record Setting(String key, String value) {}

    private record ReadRequest(Path file, Set<Path> bases) {}

    /**
     * @param paths files, directories or links of the workspace, each with the depth of a repository that names it
     * @param whole whether all files could be read and understood
     */
    record NamedPaths(Map<Path, Integer> paths, boolean whole) {
        NamedPaths {
            paths = Collections.unmodifiableMap(new TreeMap<>(paths));
        }
    }

    private GitConfigPaths(Path workspace, Set<Path> repositories, Path git) {
        this.workspace = workspace;
        this.repositories = repositories;
        this.git = git;
    }

    static List<Path> ofThePerson() {
        return ofThePerson(Path.of(System.getProperty("user.home", "/")), System.getenv());
    }

    /** All files of the person that may apply: the next shell may have another environment. */
    static List<Path> ofThePerson(Path home, Map<String, String> environment) {
        Set<Path> files = new LinkedHashSet<>(
                List.of(Path.of("/etc/gitconfig"), home.resolve(".gitconfig"), home.resolve(".config/git/config")));
        said(environment, "XDG_CONFIG_HOME")
                .map(config -> config.resolve("git/config"))
                .ifPresent(files::add);
        said(environment, "GIT_CONFIG_GLOBAL").ifPresent(files::add);
        said(environment, "GIT_CONFIG_SYSTEM").ifPresent(files::add);
        return List.copyOf(files);
    }

    private static Optional<Path> said(Map<String, String> environment, String variable) {
        return Optional.ofNullable(environment.get(variable))
                .filter(path -> !path.isEmpty())
                .map(Path::of)
                .filter(Path::isAbsolute);
    }

    /**
     * @param repositories git's own directories in {@code workspace}, and files that lead to such
     * @param besides configuration that counts for each of them
     * @param uid the user who reads within the workspace: a file there may be made to have somebody else read it
     */
    static NamedPaths search(Path workspace, Set<Path> repositories, List<Path> besides, int uid) throws IOException {
        // The nearest first: the person's own repository is understood, however many an agent makes further down.
        Map<Integer, Map<Path, Set<Path>>> inside = new TreeMap<>();
        for (Path repository : repositories) {
            Path base = base(repository);
            int depth = base.equals(workspace) ? 0 : workspace.relativize(base).getNameCount();
            begin(repository, inside.computeIfAbsent(depth, _ -> new TreeMap<>()));
        }
        Map<Path, Set<Path>> around = new TreeMap<>();
        around(workspace).ifPresent(repository -> begin(repository, around));
        if (!around.isEmpty()) {
            inside.putIfAbsent(0, Map.of());
        }
        if (inside.isEmpty()) {
            return new NamedPaths(Map.of(), true);
        }
        Optional<Path> git = Host.program("git");
        if (git.isEmpty()) {
            return new NamedPaths(Map.of(), false);
        }
        GitConfigPaths names = new GitConfigPaths(workspace, repositories, git.get());
        for (Map.Entry<Integer, Map<Path, Set<Path>>> one : inside.entrySet()) {
            names.depth = one.getKey();
            Map<Path, Set<Path>> outside = new TreeMap<>(names.depth == 0 ? around : Map.of());
            Set<Path> bases = new TreeSet<>();
            one.getValue().values().forEach(bases::addAll);
            outside.values().forEach(bases::addAll);
            besides.forEach(file -> outside.put(file, bases));
            names.follow(outside, List.of());
            names.follow(one.getValue(), Privileges.dropping(uid));
        }
        return new NamedPaths(names.paths, names.whole);
    }

    private static Optional<Path> around(Path workspace) {
        for (Path above = workspace.getParent(); above != null; above = above.getParent()) {
            if (Files.exists(above.resolve(".git"))) {
                return Optional.of(above.resolve(".git"));
            }
        }
        return Optional.empty();
    }

    /** Adds its configuration files, each with the directory that its paths are relative to. */
    private static void begin(Path repository, Map<Path, Set<Path>> files) {
        Optional<Path> own = Files.isDirectory(repository) ? Optional.of(repository) : led(repository, "gitdir:");
        if (own.isPresent()) {
            Path common = led(own.get().resolve("commondir"), "").orElse(own.get());
            Path base = base(repository);
            for (Path directory : List.of(common, own.get())) {
                for (String name : List.of("config", "config.worktree")) {
                    files.computeIfAbsent(directory.resolve(name), _ -> new TreeSet<>())
                            .add(base);
                }
            }
        }
    }

    private static Path base(Path repository) {
        return repository.endsWith(".git") ? repository.resolveSibling("") : repository;
    }

    private static Optional<Path> led(Path file, String prefix) {
        try {
            String line = Files.isRegularFile(file) && Files.size(file) <= LONGEST
                    ? Files.readString(file).strip()
                    : "";
            return line.isEmpty() || !line.startsWith(prefix)
                    ? Optional.empty()
                    : Optional.of(
                            file.resolveSibling(line.substring(prefix.length()).strip())
                                    .normalize());
        } catch (IOException | InvalidPathException e) {
            return Optional.empty(); // git does not read it, either
        }
    }

    private void follow(Map<Path, Set<Path>> first, List<String> privileges) throws IOException {
        Map<Path, Set<Path>> files = first;
        for (int depth = 0; depth <= MOST_INCLUDED && !files.isEmpty(); depth++) {
            Map<Path, Set<Path>> included = new TreeMap<>();
            for (Map.Entry<Path, List<Setting>> said :
                    ask(files.keySet(), privileges).entrySet()) {
                Path file = said.getKey();
                Set<Path> bases = new TreeSet<>(files.getOrDefault(file, Set.of()));
                said.getValue().stream()
                        .filter(setting -> setting.key().equals("core.worktree"))
                        .forEach(setting -> bases.addAll(places(file.resolveSibling(""), setting.value(), false)));
                if (seen.add(new ReadRequest(file, bases))) {
                    said.getValue().forEach(setting -> read(setting, file, bases, included));
                }
            }
            files = included;
        }
        whole &= files.isEmpty();
    }

    private Map<Path, List<Setting>> ask(Collection<Path> files, List<String> privileges) throws IOException {
        List<Path> askable = new ArrayList<>();
        Map<Path, List<Setting>> settings = new TreeMap<>();
        for (Path file : files) {
            List<Setting> known = answers.get(file);
            if (known != null) {
                settings.put(file, known);
            } else if (Files.isRegularFile(file)) {
                boolean understood = asked < MOST_ASKED && Files.size(file) <= LONGEST && Host.canName(file);
                whole &= understood;
                if (understood) {
                    asked++;
                    askable.add(file);
                }
            }
        }
        if (askable.isEmpty()) {
            return settings;
        }
        List<String> command = new ArrayList<>(privileges);
        command.addAll(List.of("/bin/sh", "-c", ASKING, git.toString()));
        askable.forEach(file -> command.add(file.toString()));
        Host.CommandResult said = Host.run(command);
        String[] entries = said.well() ? said.text().split("\0", -1) : new String[0];
        int at = 0;
        for (Path file : askable) {
            List<Setting> own = new ArrayList<>();
            for (; at < entries.length && !entries[at].isEmpty(); at++) {
                int end = entries[at].indexOf('\n');
                if (entries[at].equals("!")) {
                    whole &= !file.startsWith(workspace); // outside the workspace, its owner may keep it from this user
                } else if (end > 0) {
                    own.add(new Setting(entries[at].substring(0, end), entries[at].substring(end + 1)));
                }
            }
            whole &= at < entries.length;
            at++;
            settings.put(file, own);
            answers.put(file, own);
        }
        return settings;
    }

    private void read(Setting setting, Path file, Set<Path> bases, Map<Path, Set<Path>> included) {
        String value = setting.value().strip();
        if (INCLUDING.matcher(setting.key()).matches()) {
            for (Path path :
                    places(file.resolveSibling(""), SOMEWHERE.matcher(value).replaceAll("."), true)) {
                included.computeIfAbsent(path, _ -> new TreeSet<>()).addAll(bases);
                if (path.startsWith(workspace)) {
                    take(path);
                }
            }
        } else if (setting.key().startsWith("url.") && setting.key().contains("::")) {
            words(setting.key(), bases, false);
        } else if (value.contains("::") || !DATA.matcher(setting.key()).matches()) {
            boolean isPlace = value.contains("/")
                    || value.startsWith(".")
                    || PLACES.matcher(setting.key()).matches();
            if (!SIMPLE.matcher(value).matches()) {
                words(value, bases, isPlace);
            }
        }
    }

    /** A directory counts only if it is the whole value of a path key. */
    private void words(String value, Set<Path> bases, boolean isPlace) {
        List<Path> from = new ArrayList<>(bases);
        List<String> words = words(value);
        for (int known = 0; known < from.size(); ) {
            int next = from.size();
            for (Path base : List.copyOf(from.subList(known, next))) {
                for (String word : words) {
                    boolean isWhole = isPlace && word.equals(words.getFirst());
                    for (Path path : places(base, word, false)) {
                        if (isWhole || !Files.isDirectory(path)) {
                            take(path);
                        } else if (!from.contains(path)) {
                            from.add(path); // for {@code cd web && ./build}
                        }
                    }
                }
            }
            known = next;
        }
    }

    /** All texts that a shell, or git, may take for a word; the whole value comes first. */
    private static List<String> words(String value) {
        String kept = value.replace("\\ ", BLANK).replace("\\", "");
        String text = SOMEWHERE.matcher(kept).replaceAll(" .").strip();
        List<String> words = new ArrayList<>(List.of(text));
        words.addAll(List.of(text.split("\\s+", -1)));
        QUOTED.matcher(text)
                .results()
                .forEach(quoted ->
                        words.add(quoted.group().substring(1, quoted.group().length() - 1)));
        for (String word : BETWEEN.split(text, -1)) {
            words.add(word);
            if (word.startsWith("-") && word.length() > 2) {
                words.add(word.substring(2)); // for {@code -Cweb}
            }
        }
        Set<String> named = new LinkedHashSet<>();
        words.forEach(word -> named.add(word.replace(BLANK, " ").strip()));
        named.remove("");
        return List.copyOf(named);
    }

    private void take(Path path) {
        boolean isWritten = repositories.stream()
                .filter(repository -> path.startsWith(repository) && !path.equals(repository))
                .anyMatch(repository -> WRITTEN.matcher(
                                repository.relativize(path).getName(0).toString())
                        .matches());
        if (path.equals(workspace) || repositories.stream().anyMatch(path::equals)) {
            whole = false; // nobody could work if it were read-only
        } else if (!isWritten) {
            paths.putIfAbsent(path, depth);
        }
    }

    /**
     * The paths that {@code word} names from {@code base}: as written, and as the kernel resolves it.
     *
     * @param elsewhere whether paths outside the workspace count, too
     */
    private Set<Path> places(Path base, String word, boolean elsewhere) {
        Set<Path> places = new LinkedHashSet<>();
        try {
            Path path = base.resolve(word);
            add(path, elsewhere, places);
            Path rest = Path.of(word).normalize();
            for (int i = 1; word.startsWith("./") && i < rest.getNameCount(); i++) {
                if (workspace.endsWith(rest.subpath(0, i))) { // perhaps relative to a home
                    add(workspace.resolve(rest.subpath(i, rest.getNameCount())), elsewhere, places);
                }
            }
        } catch (InvalidPathException e) {
            return Set.of(); // no file has such a name
        }
        return places;
    }

    private void add(Path path, boolean elsewhere, Set<Path> places) {
        whole &= ++tried < MOST_TRIED;
        if (tried >= MOST_TRIED) {
            return;
        }
        Path written = path.normalize();
        if ((elsewhere || written.startsWith(workspace)) && Files.exists(written, LinkOption.NOFOLLOW_LINKS)) {
            places.add(written);
        }
        if (Files.exists(path)) {
            try {
                Path real = path.toRealPath();
                if (elsewhere || real.startsWith(workspace)) {
                    places.add(real);
                }
            } catch (IOException e) {
                whole = false; // it was there a moment ago
            }
        }
    }
}
