package dev.interlock.evidence;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The command line of an auditor: a command, one path, and options that its usage text names. */
final class Arguments {

    /** What every command takes that verifies a copy of a log. */
    static final String COPY_OPTIONS = """
              --vkey VKEY       the log's key, as name+id+key, or a file that holds it; may be repeated
              --replica DIR     a second copy of the log to compare with
              --witness VKEY    a witness's key, or a file that holds it; may be repeated
              --witnessed NOTE  a checkpoint that a witness cosigned, from elsewhere; may be repeated
              --seal PATH       a seal that was in force, or a directory of such; may be repeated
              --seal-key KEY    who may sign seals: an OpenSSH public key, or its file; may be repeated
              --seal-quorum N   how many of these must have signed each seal; 1 unless given
              --texts FILE      the keys of sealed texts, `text.keys` of the gateway's ledger-state
            """;

    private final String command;
    private final List<Path> paths;
    private final boolean json;
    private final Map<String, List<String>> options = new TreeMap<>();

    /** @throws IllegalArgumentException if {@code usage} does not name an option, or the path is not one */
    Arguments(List<String> args, String usage) {
        List<Path> given = new ArrayList<>();
        boolean isJson = false;
        for (int i = 1; i < args.size(); i++) {
            String arg = args.get(i);
            if (arg.equals("--json") && usage.contains("  --json ")) {
                isJson = true;
            } else if (!arg.startsWith("--")) {
                given.add(Path.of(arg));
            } else if (!usage.contains("  " + arg + " ") || i + 1 == args.size()) {
                throw new IllegalArgumentException("`" + arg + "` is not an option, or its value is missing");
            } else {
                options.computeIfAbsent(arg, option -> new ArrayList<>()).add(args.get(++i));
            }
        }
        if (given.isEmpty()) {
            throw new IllegalArgumentException("use `" + args.get(0) + "` with a path");
        }
        command = args.get(0);
        paths = given;
        json = isJson;
    }

    /** Returns the only path, of a command that takes one. */
    Path path() {
        if (paths.size() != 1) {
            throw new IllegalArgumentException("use `" + command + "` with exactly one path");
        }
        return paths.get(0);
    }

    /** Returns the logs, or the one file. A directory of logs stands for those in it. */
    List<Path> paths() throws IOException {
        List<Path> logs = new ArrayList<>();
        for (Path path : paths) {
            List<Path> inside = StaticLog.below(path);
            logs.addAll(inside.isEmpty() ? List.of(path) : inside);
        }
        if (logs.size() > 1 && options.containsKey("--replica")) {
            throw new IllegalArgumentException("`--replica` is compared with one log: leave the others out");
        }
        return logs;
    }

    /** Returns the longest copy of each log, with the other copies of it. */
    Map<Path, List<Path>> logs() throws IOException {
        Map<String, List<Path>> copies = new LinkedHashMap<>();
        Map<Path, Long> sizes = new HashMap<>();
        for (Path path : paths()) {
            Optional<Checkpoint> end = StaticLog.unverifiedEnd(path);
            sizes.put(path, end.map(Checkpoint::size).orElse(0L));
            copies.computeIfAbsent(end.map(Checkpoint::origin).orElse(path.toString()), origin -> new ArrayList<>())
                    .add(path);
        }
        Map<Path, List<Path>> logs = new LinkedHashMap<>();
        for (List<Path> each : copies.values()) {
            Path longest = Collections.max(each, Comparator.comparing(sizes::get));
            each.remove(longest);
            replica().ifPresent(each::add);
            logs.put(longest, each);
        }
        return logs;
    }

    /** Verifies {@code logs}, each while one of {@code readers} sees it. */
    List<LogReport> verify(Map<Path, List<Path>> logs, List<? extends ReceiptReader> readers) throws IOException {
        return verifier().verify(logs, readers);
    }

    boolean json() {
        return json;
    }

    /** Returns the value of an option that can be given once. */
    Optional<String> option(String name) {
        List<String> given = options(name);
        if (given.size() > 1) {
            throw new IllegalArgumentException("`" + name + "` is given twice");
        }
        return given.stream().findFirst();
    }

    List<String> options(String name) {
        return options.getOrDefault(name, List.of());
    }

    List<VerifierKey> logKeys() throws IOException {
        List<VerifierKey> keys = keys("--vkey").stream().map(VerifierKey::parse).toList();
        if (keys.isEmpty()) {
            throw new IllegalArgumentException(
                    "`--vkey` is missing: it is the log's key, kept on another machine, as a log cannot certify itself; on the gateway: interlock status --all | sed -n 's/^log key *//p' >log.vkey");
        }
        return keys;
    }

    Optional<Path> replica() {
        Optional<Path> replica = option("--replica").map(Path::of);
        // A directory that does not exist would look like a log that somebody has emptied.
        replica.filter(directory -> !Files.isDirectory(directory)).ifPresent(directory -> {
            throw new IllegalArgumentException("there is no directory `" + directory + "` to compare with");
        });
        return replica;
    }

    WitnessComparison witnesses() throws IOException {
        List<WitnessKey> keys =
                keys("--witness").stream().map(WitnessKey::parse).toList();
        List<Path> notes = options("--witnessed").stream().map(Path::of).toList();
        if (keys.isEmpty() && !notes.isEmpty()) {
            throw new IllegalArgumentException("`--witness` is missing: the key of whoever cosigned that checkpoint");
        }
        return new WitnessComparison(keys, notes);
    }

    /** Returns whether something outside each copy was given that says where the log ends. */
    boolean isEndKnown(Map<Path, List<Path>> logs) {
        return options.containsKey("--witnessed") || logs.values().stream().noneMatch(List::isEmpty);
    }

    /** Returns the calls that are asked for. */
    CallFilter filter() {
        return new CallFilter(
                option("--from").or(() -> option("--since")).map(CallFilter::time),
                option("--to").or(() -> option("--until")).map(CallFilter::time),
                option("--agent"),
                option("--verdict").map(CallVerdict::of));
    }

    LogVerifier verifier() throws IOException {
        return new LogVerifier(logKeys(), seals(), witnesses(), texts());
    }

    private TextKeys texts() throws IOException {
        Optional<String> file = option("--texts");
        return file.isEmpty() ? TextKeys.NONE : TextKeys.read(Path.of(file.get()));
    }

    Map<String, SealDocument> seals() throws IOException {
        Map<String, SealDocument> seals = new TreeMap<>();
        for (Path file : files(options("--seal"))) {
            try {
                SealDocument seal = SealDocument.open(Files.readAllBytes(file), sealKeys(), sealQuorum());
                seals.put(seal.id(), seal);
            } catch (BadSignatureException | MalformedException e) {
                throw new IllegalArgumentException("the seal `" + file + "` is not valid: " + e.getMessage(), e);
            }
        }
        return seals;
    }

    List<SshPublicKey> sealKeys() throws IOException {
        return keys("--seal-key").stream().map(SshPublicKey::parse).toList();
    }

    int sealQuorum() {
        String quorum = option("--seal-quorum").orElse("1");
        if (!quorum.matches("[1-9][0-9]?")) {
            throw new IllegalArgumentException("`--seal-quorum` is a number from 1 on, not `" + quorum + "`");
        }
        return Integer.parseInt(quorum);
    }

    /** Reads keys from the option itself or from the files it names: people try both. */
    private List<String> keys(String option) throws IOException {
        List<String> keys = new ArrayList<>();
        for (String given : options(option)) {
            keys.add(isFile(given) ? Files.readString(Path.of(given)).strip() : given);
        }
        return keys;
    }

    private static boolean isFile(String given) {
        try {
            return Files.isRegularFile(Path.of(given));
        } catch (InvalidPathException e) {
            return false;
        }
    }

    private static List<Path> files(List<String> given) throws IOException {
        List<Path> files = new ArrayList<>();
        for (String name : given) {
            Path path = Path.of(name);
            if (Files.isDirectory(path)) {
                try (Stream<Path> inside = Files.list(path)) {
                    inside.filter(file -> file.toString().endsWith(".json"))
                            .sorted()
                            .forEach(files::add);
                }
            } else {
                files.add(path);
            }
        }
        return files;
    }
}
