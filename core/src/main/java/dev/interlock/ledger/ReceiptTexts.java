package dev.interlock.ledger;

import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.Receipt;
import dev.interlock.evidence.SealedTexts;
import dev.interlock.evidence.TextKeys;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Optional;

/**
 * The keys of the ledger's sealed texts. They are durable before they are used, thousands at once, so that a receipt
 * waits for no further write. Threading: any.
 */
final class ReceiptTexts implements AutoCloseable {

    /** Keys that are made at once: a megabyte. */
    private static final int MADE_AT_ONCE = 1 << 16;

    private final TextKeys keys;
    private final boolean seals;
    private final SecureRandom random;
    private long next;
    private long made;

    private ReceiptTexts(Optional<FileChannel> file, boolean seals, long size, SecureRandom random) {
        this.keys = new TextKeys(file);
        this.seals = seals;
        this.random = random;
        this.next = size;
        this.made = size;
    }

    /** Opens the keys of a ledger of {@code size} receipts: no number from there on was ever used. */
    static ReceiptTexts open(LedgerConfig config, long size, SecureRandom random) throws IOException {
        Path path = config.state().resolve("text.keys");
        if (!Files.exists(path)) {
            if (!config.sealsTexts()) {
                return new ReceiptTexts(Optional.empty(), false, size, random);
            }
            PrivateFiles.write(path, new byte[0]);
        }
        FileChannel file = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
        return new ReceiptTexts(Optional.of(file), config.sealsTexts(), size, random);
    }

    Receipt seal(Receipt receipt) throws LedgerUnavailableException {
        try {
            boolean isOrder = keys.file().isPresent() && Ledger.isTextAct(receipt); // it names whom to forget
            return seals || isOrder ? SealedTexts.seal(receipt, this::number, keys) : receipt;
        } catch (UncheckedIOException e) {
            throw new LedgerUnavailableException(String.valueOf(e.getMessage()), e);
        }
    }

    private synchronized long number() {
        if (next == made) {
            byte[] more = new byte[MADE_AT_ONCE * TextKeys.LENGTH];
            random.nextBytes(more);
            write(made, more);
            made += MADE_AT_ONCE;
        }
        return next++;
    }

    private void write(long number, byte[] secrets) {
        try {
            ByteBuffer rest = ByteBuffer.wrap(secrets);
            while (rest.hasRemaining()) {
                keys.file().orElseThrow().write(rest, number * TextKeys.LENGTH + rest.position());
            }
            keys.file().orElseThrow().force(true);
        } catch (IOException e) {
            throw new UncheckedIOException("the text keys cannot be written", e);
        }
    }

    /** Erases what {@code act} says, unless that was done before. */
    void erase(Receipt act) {
        for (String range : act.members().texts(SealedTexts.NUMBERS)) {
            long at = Long.parseLong(range.substring(0, range.indexOf('-')));
            long last = Long.parseLong(range.substring(range.indexOf('-') + 1));
            for (; keys.file().isPresent() && at <= last; at += MADE_AT_ONCE) {
                byte[] zeros = new byte[(int) Math.min(last + 1 - at, MADE_AT_ONCE) * TextKeys.LENGTH];
                if (!Arrays.equals(zeros, keys.secrets(at, zeros.length))) {
                    write(at, zeros);
                }
            }
        }
    }

    /** Returns {@code receipt} with its texts, if they are not erased. Under other keys than these they stay sealed. */
    Receipt open(Receipt receipt) {
        try {
            return SealedTexts.open(receipt, keys);
        } catch (MalformedException _) {
            return receipt;
        }
    }

    TextKeys keys() {
        return keys;
    }

    @Override
    public void close() throws IOException {
        if (keys.file().isPresent()) {
            keys.file().get().close();
        }
    }
}
