package dev.interlock.evidence;

import java.time.Instant;
import java.util.List;

/** A witness that cosigns whatever it is given. */
final class SoftWitness {

    private final Ed25519Seed seed;
    final WitnessKey key;

    SoftWitness(int number) {
        this(number, "witness.example/" + number);
    }

    SoftWitness(int number, String name) {
        byte[] secret = new byte[Ed25519Seed.LENGTH];
        secret[0] = (byte) number;
        this.seed = new Ed25519Seed(secret);
        this.key = WitnessKey.of(name, seed.publicKey());
    }

    Note cosign(Note note, Instant at) {
        return key.cosign(note, seed, at);
    }

    /** Returns what a seal demands of {@code witnesses}. */
    static Json.Members demand(int quorum, List<SoftWitness> witnesses, String... impacts) {
        return Json.object()
                .withTexts(
                        "keys",
                        witnesses.stream().map(each -> each.key.toString()).sorted())
                .with("quorum", quorum)
                .withTexts("impacts", List.of(impacts));
    }
}
