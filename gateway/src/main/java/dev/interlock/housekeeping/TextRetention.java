package dev.interlock.housekeeping;

import dev.interlock.evidence.Erasures;
import dev.interlock.evidence.Json;
import dev.interlock.ledger.Ledger;
import dev.interlock.ledger.LedgerUnavailableException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** Erases the texts of receipts that are older than they may be, unless a legal hold keeps them. To be run daily. */
public record TextRetention(Ledger ledger, Duration most, InstantSource clock, ActRecorder records)
        implements Runnable {

    /** Records an act durably. */
    @FunctionalInterface
    public interface ActRecorder {
        String record(Json.Members act) throws LedgerUnavailableException;
    }

    @Override
    public void run() {
        Instant oldest = clock.instant().minus(most);
        try {
            for (Json.Members part : Erasures.members(ledger.findTexts(
                            ledger.erasedUpTo(), _ -> true, receipt -> !receipt.at().isBefore(oldest))
                    .ranges())) {
                if (!part.texts(Erasures.NUMBERS).isEmpty()) {
                    records.record(part.with("command", Erasures.ACT)
                            .with("peer", "the gateway itself")
                            .with("reason", "older than " + most.toDays() + " days"));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
