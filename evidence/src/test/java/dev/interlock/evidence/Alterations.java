package dev.interlock.evidence;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * Altered copies of a log and its proofs: of files, as anybody can, and of receipts, by somebody with the log's key.
 */
record Alterations(SoftLog log, RandomGenerator random) {

    /** Makes one altered copy, and says what was altered. */
    String next(Path sound, List<Path> proofs, Path copy) throws IOException {
        return switch (random.nextInt(8)) {
            case 0 -> file(sound, copy);
            case 1 -> proof(proofs.get(random.nextInt(proofs.size())), copy);
            case 2 -> resigned(copy, this::order);
            default -> resigned(copy, this::content);
        };
    }

    private interface Change {
        String apply(List<byte[]> entries);
    }

    /** The same log, with other receipts, in a tree and under a signature of their own. */
    private String resigned(Path copy, Change change) throws IOException {
        List<byte[]> before = List.copyOf(log.entries);
        try {
            String what = change.apply(log.entries);
            log.write(copy, 20);
            return "re-signed: " + what;
        } finally {
            log.entries.clear();
            log.entries.addAll(before);
        }
    }

    private String order(List<byte[]> entries) {
        int at = random.nextInt(entries.size());
        int to = random.nextInt(entries.size());
        switch (random.nextInt(4)) {
            case 0 -> entries.remove(at);
            case 1 -> entries.add(to, entries.get(at));
            case 2 -> entries.add(to, entries.remove(at));
            default -> entries.subList(at, entries.size()).clear();
        }
        return "receipts moved, " + at + " and " + to + ", now " + entries.size();
    }

    private String content(List<byte[]> entries) {
        int at = random.nextInt(entries.size());
        if (random.nextInt(10) == 0) {
            entries.set(at, flipped(entries.get(at)));
            return "a byte of receipt " + at;
        }
        Json before = Json.readObject(entries.get(at));
        Json after = changed(before, entries);
        entries.set(at, after.canonical());
        return "receipt " + at + ": " + difference(before.canonicalText(), after.canonicalText());
    }

    private static String difference(String before, String after) {
        int same = 0;
        while (same < Math.min(before.length(), after.length()) && before.charAt(same) == after.charAt(same)) {
            same++;
        }
        int from = Math.max(0, same - 60);
        return before.substring(from, Math.min(before.length(), same + 60)) + "\n  now "
                + after.substring(from, Math.min(after.length(), same + 60));
    }

    /** Changes one value somewhere below. */
    private Json changed(Json value, List<byte[]> entries) {
        if (value instanceof Json.Members members && !members.members().keySet().isEmpty()) {
            List<String> names = List.copyOf(members.members().keySet());
            String name = names.get(random.nextInt(names.size()));
            if (random.nextInt(8) == 0) {
                return members.without(List.of(name));
            }
            return members.with(name, changed(members.get(name).orElseThrow(), entries));
        }
        if (value instanceof Json.Array array && !array.items().isEmpty()) {
            List<Json> items = new ArrayList<>(array.items());
            int at = random.nextInt(items.size());
            switch (random.nextInt(6)) {
                case 0 -> items.remove(at);
                case 1 -> items.add(items.get(at));
                default -> items.set(at, changed(items.get(at), entries));
            }
            return new Json.Array(items);
        }
        if (value instanceof Json.Text text) {
            return new Json.Text(otherText(text.value(), entries));
        }
        if (value instanceof Json.Whole whole) {
            return new Json.Whole(whole.value() + (random.nextBoolean() ? 1 : -1));
        }
        return value instanceof Json.Flag flag ? new Json.Flag(!flag.value()) : new Json.Text("x");
    }

    /** Another text: of another receipt, one character different, or a word that means something. */
    private String otherText(String text, List<byte[]> entries) {
        List<String> words = List.of(
                "destroy",
                "read",
                "write",
                "production",
                "staging",
                "ann",
                "bob",
                "L-02",
                "admin",
                "intent",
                "",
                "done");
        int at = text.isEmpty() ? 0 : random.nextInt(text.length());
        return switch (random.nextInt(4)) {
            case 0 -> words.get(random.nextInt(words.size()));
            case 1 -> text.substring(0, at);
            case 2 ->
                Json.readObject(entries.get(random.nextInt(entries.size()))).text("id");
            default ->
                text.isEmpty() ? "x" : text.substring(0, at) + (char) (text.charAt(at) ^ 1) + text.substring(at + 1);
        };
    }

    private byte[] flipped(byte[] bytes) {
        byte[] copy = bytes.clone();
        if (copy.length > 0) {
            copy[random.nextInt(copy.length)] ^= (byte) (1 << random.nextInt(8));
        }
        return copy;
    }

    private String file(Path sound, Path copy) throws IOException {
        Map<Path, byte[]> files = new TreeMap<>();
        try (Stream<Path> all = Files.walk(sound)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                files.put(sound.relativize(file), Files.readAllBytes(file));
            }
        }
        List<Path> names = List.copyOf(files.keySet());
        Path name = names.get(random.nextInt(names.size()));
        byte[] bytes = files.get(name);
        switch (random.nextInt(5)) {
            case 4 -> files.put(Path.of("tile/0/00" + random.nextInt(3) + ".p/" + random.nextInt(60)), bytes);
            case 0 -> files.put(name, Arrays.copyOf(bytes, random.nextInt(bytes.length)));
            case 1 -> files.put(name, Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(3)));
            case 2 -> files.remove(name);
            default -> files.put(name, flipped(bytes));
        }
        Files.createDirectories(copy);
        for (Map.Entry<Path, byte[]> file : files.entrySet()) {
            SoftLog.put(copy, file.getKey().toString(), file.getValue());
        }
        byte[] now = files.get(name);
        return "file " + name + ", " + bytes.length + " bytes, now "
                + (now == null ? "missing" : now.length + ", first difference at " + Arrays.mismatch(bytes, now));
    }

    private String proof(Path proof, Path copy) throws IOException {
        byte[] bytes = Files.readAllBytes(proof);
        if (random.nextBoolean()) {
            Files.write(copy, flipped(bytes));
            return "a byte of " + proof.getFileName();
        }
        Json before = Json.readObject(bytes);
        Json after = changed(before, log.entries);
        Files.write(copy, after.canonicalText().getBytes(StandardCharsets.UTF_8));
        return proof.getFileName() + ": " + difference(before.canonicalText(), after.canonicalText());
    }
}
