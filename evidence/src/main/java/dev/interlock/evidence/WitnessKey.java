package dev.interlock.evidence;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** The public key of a witness, who says at what time it saw a checkpoint (C2SP tlog-cosignature v1, Ed25519). */
public final class WitnessKey {

    private static final long LAST = Instant.parse("9999-12-31T23:59:59Z").getEpochSecond();

    private final VerifierKey key;

    private WitnessKey(VerifierKey key) {
        this.key = key;
    }

    static WitnessKey of(String name, byte[] raw) {
        return new WitnessKey(new VerifierKey(VerifierKey.COSIGNER, name, raw));
    }

    /** Reads {@code name+id+base64}. A log's key is refused, as this one is where a log's is expected. */
    public static WitnessKey parse(String vkey) {
        return new WitnessKey(VerifierKey.parse(VerifierKey.COSIGNER, vkey));
    }

    public String name() {
        return key.name();
    }

    /** Returns when the witness says that it saw {@code note}, if it does; throws if a line in its name is false. */
    public Optional<Instant> sawAt(Note note) throws BadSignatureException {
        Optional<Instant> latest = Optional.empty();
        for (byte[] stamped : note.signatures(key)) {
            long seconds =
                    stamped.length < Long.BYTES ? 0 : ByteBuffer.wrap(stamped).getLong();
            byte[] signature = Arrays.copyOfRange(stamped, Math.min(Long.BYTES, stamped.length), stamped.length);
            if (seconds <= 0 || seconds > LAST || !key.verifies(signed(seconds, note), signature)) {
                throw new BadSignatureException("the cosignature by `" + key.name() + "` is not valid");
            }
            Instant at = Instant.ofEpochSecond(seconds);
            latest = latest.filter(at::isBefore).or(() -> Optional.of(at));
        }
        return latest;
    }

    /** Returns the key alone, which its owner could use under several names. */
    String withoutName() {
        return toString().split("\\+", 3)[2];
    }

    /** Returns the file of a log in which it keeps what this witness has cosigned last. */
    public String file() {
        return StaticLog.WITNESSES + "/" + HexFormat.of().formatHex(key.id());
    }

    /** Returns whether a line under {@code note} is in the witness's name, unverified. */
    boolean isOn(Note note) {
        return !note.signatures(key).isEmpty();
    }

    /** Returns the signature line of this witness alone. */
    public String lineOf(Note note) {
        Note bare = new Note(note.text(), List.of());
        return bare.signedBy(key, note.signatures(key).get(0)).lines().get(0).toString();
    }

    private static byte[] signed(long seconds, Note note) {
        return ("cosignature/v1\ntime " + seconds + "\n" + note.text()).getBytes(StandardCharsets.UTF_8);
    }

    /** Returns {@code note} with the cosignature of this key's owner. */
    Note cosign(Note note, Ed25519Seed secret, Instant at) {
        long seconds = at.getEpochSecond();
        byte[] stamp = ByteBuffer.allocate(Long.BYTES).putLong(seconds).array();
        return note.signedBy(key, SshWire.concat(stamp, secret.sign(signed(seconds, note))));
    }

    @Override
    public String toString() {
        return key.toString();
    }
}
