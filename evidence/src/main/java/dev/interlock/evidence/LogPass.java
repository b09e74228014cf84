package dev.interlock.evidence;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Compares every file of a log with the leaves that its checkpoint commits to, and names what differs. */
final class LogPass {

    private static final Pattern ID = Pattern.compile("\"id\":\"(R-[0-9A-Z]{26})\"");

    private final LogFiles files;
    private final Checkpoint checkpoint;
    private final Consumer<LogFinding> findings;
    private final ReceiptPass receipts;
    private final Set<String> seen = new HashSet<>();
    private final Set<String> garbled = new HashSet<>(); // bundles that cannot be decompressed
    private final TileBuilder tiles = new TileBuilder();
    private List<Optional<byte[]>> named = List.of(); // the receipts of the current bundle, right ones or told ones
    /** The last damage that the chain of segments met and that is not reported yet. */
    private Optional<LogFinding> damage = Optional.empty();

    LogPass(LogFiles files, Checkpoint checkpoint, Consumer<LogFinding> findings, ReceiptPass receipts) {
        this.files = files;
        this.checkpoint = checkpoint;
        this.findings = findings;
        this.receipts = receipts;
    }

    /** Returns how many receipts lie in the segments beyond the checkpoint. */
    long run(CommittedLeaves.LeafBundles leaves) throws IOException {
        SegmentChain chain = new SegmentChain(files, this::inSegment);
        for (long start = 0; start < checkpoint.size(); start += Tile.WIDTH) {
            bundle(start, leaves.from(start), chain);
        }
        tiles.partials(this::tile);
        strays();
        return unpublished(chain);
    }

    private void bundle(long start, List<Hash> leaves, SegmentChain chain) throws IOException {
        Tile name = Tile.entries(start / Tile.WIDTH, leaves.size());
        Optional<byte[]> file = contents(name);
        List<byte[]> told = EntryBundle.readPrefix(file.orElse(new byte[0]), leaves.size());
        List<Optional<byte[]>> entries = new ArrayList<>();
        named = new ArrayList<>();
        for (int i = 0; i < leaves.size(); i++) {
            Optional<byte[]> inBundle = i < told.size() ? Optional.of(told.get(i)) : Optional.empty();
            Optional<byte[]> inSegment = segmentEntry(chain, start + i, leaves.get(i), inBundle);
            Optional<byte[]> entry = right(inBundle, leaves.get(i)).or(() -> inSegment);
            entries.add(entry);
            named.add(entry.or(() -> inBundle));
        }
        compareBundle(name, start, entries, file);
        hand(name, start, entries);
        for (Hash leaf : leaves) {
            tiles.append(leaf, this::tile);
        }
    }

    /** Reads a bundle. If it cannot be decompressed, that is said here, and only here. */
    private Optional<byte[]> contents(Tile bundle) throws IOException {
        if (bundle.isFull()) {
            seen.add(GzipFile.of(bundle.path()));
        }
        try {
            return files.contents(bundle.path());
        } catch (MalformedException e) {
            findings.accept(LogFinding.file(GzipFile.of(bundle.path()), String.valueOf(e.getMessage())));
            garbled.add(bundle.path());
            return Optional.empty();
        }
    }

    private static Optional<byte[]> right(Optional<byte[]> entry, Hash leaf) {
        return entry.filter(bytes -> Hash.leaf(bytes).equals(leaf));
    }

    private Optional<byte[]> segmentEntry(SegmentChain chain, long leaf, Hash hash, Optional<byte[]> inBundle)
            throws IOException {
        if (!files.hasSegments()) {
            return Optional.empty();
        }
        Optional<byte[]> entry = chain.entry(leaf);
        Optional<byte[]> right = right(entry, hash);
        Optional<LogFinding> told = damage.filter(finding -> finding.leaf().equals(OptionalLong.of(leaf)));
        if (right.isEmpty()) {
            String file = told.map(LogFinding::file).orElse(chain.file(leaf));
            String problem = told.map(LogFinding::problem).orElse("the receipt is missing or altered");
            Optional<String> id = entry.or(() -> inBundle).flatMap(LogPass::id); // a damaged frame has no id
            findings.accept(new LogFinding(file, OptionalLong.of(leaf), id, problem));
            damage = told.isPresent() ? Optional.empty() : damage;
        }
        tellDamage();
        return right;
    }

    private void tellDamage() {
        damage.ifPresent(findings);
        damage = Optional.empty();
    }

    private static Optional<String> id(byte[] entry) {
        Matcher matcher = ID.matcher(new String(entry, StandardCharsets.ISO_8859_1));
        return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
    }

    private void compareBundle(Tile name, long start, List<Optional<byte[]>> entries, Optional<byte[]> file)
            throws IOException {
        List<byte[]> known = entries.stream().flatMap(Optional::stream).toList();
        if (known.size() < entries.size()) {
            int place = entries.indexOf(Optional.<byte[]>empty());
            seen.add(name.path());
            report(files.stored(name.path()), start + place, "no copy of the receipt matches the checkpoint");
            return;
        }
        compareEntries(name.path(), start, known, file);
        for (int width : files.partials(name.fullPath())) {
            if (width < name.width()) {
                String path = new Tile(name.level(), name.index(), width).path();
                compareEntries(path, start, known.subList(0, width), files.read(path));
            }
        }
    }

    private void compareEntries(String path, long start, List<byte[]> entries, Optional<byte[]> file) {
        seen.add(path);
        byte[] right = EntryBundle.write(entries);
        if (hasLostContents(path, right, file)) {
            return;
        }
        int at = Arrays.mismatch(right, file.orElseThrow());
        if (at >= 0) {
            report(files.stored(path), start + entryAt(entries, at), "the receipt does not match the checkpoint");
        }
    }

    /** Reports a file that lacks its contents, or their end, as a power cut leaves it: missing, or zeros instead. */
    private boolean hasLostContents(String path, byte[] right, Optional<byte[]> file) {
        if (file.isEmpty()) {
            if (!garbled.contains(path)) {
                findings.accept(LogFinding.file(path, "the file is missing").causedBy(LogFinding.Cause.CRASH));
            }
            return true;
        }
        int at = Arrays.mismatch(right, file.get());
        if (at < 0 || file.get().length > right.length || !isZeroFrom(file.get(), at)) {
            return false;
        }
        String problem = at == 0 ? "the file is empty" : "the file has lost its contents from byte " + at + " on";
        findings.accept(LogFinding.file(path, problem).causedBy(LogFinding.Cause.CRASH));
        return true;
    }

    static boolean isZeroFrom(byte[] bytes, int start) {
        for (int i = start; i < bytes.length; i++) {
            if (bytes[i] != 0) {
                return false;
            }
        }
        return true;
    }

    private static int entryAt(List<byte[]> entries, int offset) {
        int end = 0;
        for (int i = 0; i < entries.size(); i++) {
            end += 2 + entries.get(i).length;
            if (offset < end) {
                return i;
            }
        }
        return entries.size() - 1;
    }

    /** Hands on the receipts in order. They are read on all processors, which takes most of the time. */
    private void hand(Tile name, long start, List<Optional<byte[]>> entries) {
        List<Optional<ReceiptPass.ReadEntry>> read =
                entries.parallelStream().map(entry -> entry.map(receipts::read)).toList();
        for (int i = 0; i < read.size(); i++) {
            long leaf = start + i;
            read.get(i).ifPresent(entry -> receipts.accept(name.path(), leaf, entry));
        }
    }

    private void tile(Tile tile, byte[] hashes) throws IOException {
        compareTile(tile, hashes);
        for (int width : files.partials(tile.fullPath())) {
            if (width < tile.width()) {
                compareTile(new Tile(tile.level(), tile.index(), width), Arrays.copyOf(hashes, width * Hash.LENGTH));
            }
        }
    }

    private void compareTile(Tile tile, byte[] hashes) throws IOException {
        seen.add(tile.path());
        Optional<byte[]> file = files.read(tile.path());
        if (hasLostContents(tile.path(), hashes, file)) {
            return;
        }
        int at = Arrays.mismatch(hashes, file.orElseThrow());
        if (at < 0) {
            return;
        }
        if (tile.level().orElse(1) == 0) {
            long place = Math.min(at / Hash.LENGTH, tile.width() - 1);
            report(tile.path(), tile.index() * Tile.WIDTH + place, "the hash does not match the receipt");
        } else {
            findings.accept(LogFinding.file(tile.path(), "byte " + at + " does not match the checkpoint"));
        }
    }

    private void report(String file, long leaf, String problem) {
        int place = (int) (leaf % Tile.WIDTH);
        Optional<String> id = place < named.size() ? named.get(place).flatMap(LogPass::id) : Optional.empty();
        findings.accept(new LogFinding(file, OptionalLong.of(leaf), id, problem));
    }

    /** The chain knows the location; {@link #segmentEntry} adds the receipt's id. */
    private void inSegment(LogFinding finding) {
        tellDamage();
        // What a checkpoint covers was durable before it. So no crash explains that it is gone.
        boolean covered = finding.leaf().orElse(checkpoint.size()) < checkpoint.size();
        damage = Optional.of(covered ? finding.causedBy(LogFinding.Cause.ALTERATION) : finding);
    }

    private void strays() throws IOException {
        for (String file : files.below("tile")) {
            if (!seen.contains(file)) {
                // Files are written before the checkpoint that covers them, and a crash can come between.
                LogFinding stray = LogFinding.file(file, "the file is not part of the checkpoint");
                findings.accept(Tile.isPath(file) ? stray.causedBy(LogFinding.Cause.CRASH) : stray);
            }
        }
        for (String file : files.differing()) {
            findings.accept(LogFinding.file(file, "it is not the same as `" + GzipFile.plain(file) + "`"));
        }
    }

    /** Reads the receipts that no checkpoint covers yet. They must still be receipts that fit those before them. */
    private long unpublished(SegmentChain chain) throws IOException {
        long leaf = checkpoint.size();
        for (Optional<byte[]> entry = chain.entry(leaf); entry.isPresent(); entry = chain.entry(++leaf)) {
            receipts.accept(chain.file(leaf), leaf, receipts.read(entry.get()));
        }
        tellDamage();
        return leaf - checkpoint.size();
    }
}
