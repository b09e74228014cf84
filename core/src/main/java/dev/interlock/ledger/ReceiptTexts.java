package dev.interlock.ledger;

import dev.interlock.evidence.Erasures;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.SealedTexts;
import dev.interlock.evidence.TextKeys;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The keys of the ledger's sealed texts, and the legal holds. Both follow from the log: its receipts say what was
 * erased and held, and each start does that once more. So an erasure is done once its receipt is durable, whatever
 * happens meanwhile, and an older file brings nothing back. Threading: any.
 */
final class ReceiptTexts {

    private static final String FILE = "text.keys";

    private final Path file;
    private final boolean seals;
    private final AtomicLong next;
    private volatile KeptTexts kept;

    /** The keys and holds, as the receipts before leaf {@code read} have left them. */
    private record KeptTexts(TextKeys keys, Map<String, LegalHold> holds, long read) {

        KeptTexts after(Receipt act) {
            TextKeys left = keys;
            for (Erasures.ErasedTexts range : Erasures.of(act)) {
                left = left.without(range.first(), range.last());
            }
            Map<String, LegalHold> standing = new TreeMap<>(holds);
            if (act.members().get(LegalHold.NAME).isPresent()) {
                LegalHold hold = LegalHold.of(act.members());
                if (isCommand(act, LegalHold.SET)) {
                    standing.put(hold.name(), hold);
                } else if (isCommand(act, LegalHold.LIFT)) {
                    standing.remove(hold.name());
                }
            }
            return new KeptTexts(left, standing, read);
        }

        private byte[] write() {
            return Json.readObject(keys.write())
                    .with("read", read)
                    .withItems("holds", holds.values().stream().map(LegalHold::members))
                    .canonical();
        }

        private static KeptTexts read(byte[] file) {
            Json.Members members = Json.readObject(file);
            Map<String, LegalHold> holds = new TreeMap<>();
            members.objects("holds").stream().map(LegalHold::of).forEach(hold -> holds.put(hold.name(), hold));
            return new KeptTexts(TextKeys.read(file), holds, members.whole("read"));
        }
    }

    private ReceiptTexts(Path file, boolean seals, long size, KeptTexts kept) {
        this.file = file;
        this.seals = seals;
        this.next = new AtomicLong(size);
        this.kept = kept;
    }

    /** Opens the keys of a ledger of {@code size} receipts, and makes some if texts are sealed from now on. */
    static ReceiptTexts open(LedgerConfig config, long size, SecureRandom random) throws IOException {
        Path file = config.state().resolve(FILE);
        if (Files.exists(file)) {
            return new ReceiptTexts(file, config.sealsTexts(), size, read(file)).caughtUp(config.evidence(), size);
        }
        if (!config.sealsTexts()) {
            return new ReceiptTexts(file, false, size, new KeptTexts(TextKeys.NONE, Map.of(), size));
        }
        byte[] root = new byte[TextKeys.LENGTH];
        random.nextBytes(root);
        TextKeys keys = TextKeys.of(root);
        ReceiptTexts made = new ReceiptTexts(
                file, true, size, new KeptTexts(size == 0 ? keys : keys.without(0, size - 1), Map.of(), size));
        made.write();
        return made;
    }

    private static KeptTexts read(Path file) throws LedgerCorruptException {
        try {
            return KeptTexts.read(Files.readAllBytes(file));
        } catch (IOException | IllegalArgumentException e) {
            throw new LedgerCorruptException("`" + file + "` cannot be read", e);
        }
    }

    /** Does what the receipts after the last start say. */
    private ReceiptTexts caughtUp(Path evidence, long size) throws IOException {
        ReceiptSearch.ReceiptScan.read(evidence, kept.read(), size, receipt -> {
            if (isAct(receipt)) {
                kept = kept.after(open(receipt));
            }
        });
        settle(size);
        return this;
    }

    /** Returns whether {@code receipt} changes what is kept. */
    static boolean isAct(Receipt receipt) {
        return isCommand(receipt, Erasures.ACT)
                || isCommand(receipt, LegalHold.SET)
                || isCommand(receipt, LegalHold.LIFT);
    }

    private static boolean isCommand(Receipt receipt, String command) {
        return receipt.kind() == Receipt.Kind.ADMIN
                && receipt.members().get("command").equals(Optional.of(new Json.Text(command)));
    }

    /** Appends {@code act}, and does what it says: it is done at the next start at the latest. */
    synchronized void append(Receipt act, Committer committer) throws LedgerUnavailableException {
        long before = committer.size();
        committer.append(seal(act));
        kept = kept.after(act);
        try {
            settle(before);
        } catch (IOException e) {
            throw new LedgerUnavailableException("the keys could not be written; the next start forgets them", e);
        }
    }

    /** Notes that every act before leaf {@code size} is done. */
    private void settle(long size) throws IOException {
        kept = new KeptTexts(kept.keys(), kept.holds(), size);
        write();
    }

    /** Replaces the file, and overwrites the old one. */
    private void write() throws IOException {
        if (!Files.exists(file)) {
            PrivateFiles.write(file, kept.write());
            return;
        }
        try (FileChannel old = FileChannel.open(file, StandardOpenOption.WRITE)) {
            PrivateFiles.replace(file, kept.write());
            old.write(ByteBuffer.allocate((int) old.size()), 0);
            old.force(true);
        }
    }

    Receipt seal(Receipt receipt) {
        return seals ? SealedTexts.seal(receipt, next::getAndIncrement, kept.keys()) : receipt;
    }

    /** Returns {@code receipt} with its texts, if they are not erased. One of another ledger's keys stays sealed. */
    Receipt open(Receipt receipt) {
        try {
            return SealedTexts.open(receipt, kept.keys());
        } catch (MalformedException _) {
            return receipt;
        }
    }

    TextKeys keys() {
        return kept.keys();
    }

    List<LegalHold> holds() {
        return List.copyOf(kept.holds().values());
    }
}
