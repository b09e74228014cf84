package dev.interlock.vault;

import dev.interlock.action.Bytes;
import dev.interlock.action.Impact;
import dev.interlock.action.LeaseSigners;
import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The protocol between gateway and keys process ({@code docs/formats/keys.md}): a length and one canonical JSON object,
 * which the strict reader of module {@code evidence} accepts whole or not at all.
 */
final class KeysProtocol {

    static final int VERSION = 1;
    /** Maximum bytes of a frame. The largest is a seal with its policies, in base64. */
    static final int MAX_FRAME = 8 << 20;

    private static final int LENGTH_BYTES = 4;
    private static final String SIGNERS = "signers";
    private static final String USERS_NAMED = "users_named";

    private KeysProtocol() {}

    /** The output of a connection, shared by several threads. */
    static final class FrameWriter {
        private final DataOutputStream out;

        FrameWriter(OutputStream out) {
            this.out = new DataOutputStream(out);
        }

        synchronized void write(Json.Members frame) throws IOException {
            byte[] text = frame.with("v", VERSION).canonical();
            if (text.length > MAX_FRAME) {
                throw new IOException("the message is longer than the peer reads");
            }
            // In one write: half a frame followed by another frame could not be read.
            ByteBuffer whole = ByteBuffer.allocate(LENGTH_BYTES + text.length);
            out.write(whole.putInt(text.length).put(text).array());
            out.flush();
        }
    }

    /** Reads one frame of this version, or fails, because the next one could not be found; empty at the end. */
    static Optional<Json.Members> read(InputStream in) throws IOException {
        int first = in.read();
        if (first < 0) {
            return Optional.empty();
        }
        DataInputStream data = new DataInputStream(in);
        int length = (first << 24) | (data.readUnsignedByte() << 16) | data.readUnsignedShort();
        if (length < 0 || length > MAX_FRAME) {
            throw new IOException("a frame of " + length + " bytes");
        }
        byte[] text = in.readNBytes(length);
        if (text.length < length) {
            throw new EOFException("a frame was truncated");
        }
        try {
            Json.Members frame = Json.readObject(text);
            if (frame.whole("v") != VERSION) {
                throw new IOException("the peer speaks version " + frame.whole("v"));
            }
            return Optional.of(frame.without(Set.of("v")));
        } catch (MalformedException _) { // without the cause, which may quote a secret
            throw new IOException("a frame that cannot be read");
        }
    }

    static Json.Members write(CredentialNeed need) {
        Json.Members fields = Json.object()
                .with("upstream", need.upstream())
                .withTexts("impacts", need.impacts().stream().map(Impact::word))
                .withTexts("environments", need.environments())
                .withTexts("grave", need.grave());
        return need.subject()
                .map(subject -> fields.with("subject", write(subject)))
                .orElse(fields);
    }

    private static Json.Members write(CredentialNeed.ProofSubject subject) {
        Json.Members fields = Json.object()
                .with("lease", subject.lease())
                .with("agent", subject.agent())
                .with("person", subject.person())
                .with("request_sha256", subject.requestDigest())
                .with("meaning_sha256", subject.meaningDigest());
        LeaseSigners signers = subject.signers();
        return signers.people().isEmpty()
                ? fields
                : fields.withTexts(SIGNERS, signers.people()).with(USERS_NAMED, signers.usersNamed());
    }

    static CredentialNeed readNeed(Json.Members fields) {
        Set<Impact> impacts = EnumSet.noneOf(Impact.class);
        fields.texts("impacts").forEach(word -> impacts.add(Impact.of(word)));
        Set<String> environments = new TreeSet<>(fields.texts("environments"));
        // INVARIANT: neither set is empty. Every credential would cover a need without impacts or environments.
        if (impacts.isEmpty() || environments.isEmpty()) {
            throw new MalformedException("an attempt needs an impact and an environment");
        }
        Optional<CredentialNeed.ProofSubject> subject = fields.get("subject")
                .map(_ -> fields.object("subject"))
                .map(of -> new CredentialNeed.ProofSubject(
                        of.text("lease"),
                        of.text("agent"),
                        of.text("person"),
                        readSigners(of),
                        of.text("request_sha256"),
                        of.text("meaning_sha256")));
        return new CredentialNeed(
                fields.text("upstream"), impacts, environments, new TreeSet<>(fields.texts("grave")), subject);
    }

    private static LeaseSigners readSigners(Json.Members subject) {
        return subject.get(SIGNERS).isEmpty()
                ? LeaseSigners.NOBODY
                : new LeaseSigners(Set.copyOf(subject.texts(SIGNERS)), subject.flag(USERS_NAMED));
    }

    static Json.Members write(Vault.ConfirmationProof proof) {
        Json.Members fields =
                Json.object().with("statement", base64(proof.statement())).withTexts("signatures", proof.signatures());
        return proof.use()
                .map(use -> fields.with("use", use.number())
                        .with("meaning", base64(use.meaning()))
                        .with("request", base64(use.request())))
                .orElse(fields);
    }

    static String base64(Bytes bytes) {
        return Base64.getEncoder().encodeToString(bytes.toArray());
    }

    static Bytes bytes(String base64) {
        return Bytes.of(Base64.getDecoder().decode(base64));
    }

    static Vault.ConfirmationProof readProof(Json.Members fields) {
        return new Vault.ConfirmationProof(
                bytes(fields.text("statement")),
                fields.texts("signatures"),
                fields.get("use")
                        .map(_ -> new Vault.GrantUse(
                                fields.whole("use"), bytes(fields.text("meaning")), bytes(fields.text("request")))));
    }

    static Json.Members write(CredentialResult opening) {
        return switch (opening) {
            case CredentialResult.CredentialRefused(String reason) ->
                Json.object().with("answer", "shut").with("reason", reason);
            case CredentialResult.NoCredentialNeeded _ -> Json.object().with("answer", "unneeded");
            case CredentialResult.CredentialOpened(OpenedCredential credential) ->
                credential.json().with("answer", "opened");
        };
    }

    static Json.Members writeObstacle(Json.Members to, Optional<String> obstacle) {
        return obstacle.map(reason -> to.with("answer", "shut").with("reason", reason))
                .orElseGet(() -> to.with("answer", "clear"));
    }

    static Optional<String> readObstacle(Json.Members fields) {
        return switch (fields.text("answer")) {
            case "shut" -> Optional.of(fields.text("reason"));
            case "clear" -> Optional.empty();
            default -> throw new MalformedException("not an answer to the request");
        };
    }

    static CredentialResult readOpening(Json.Members fields) {
        return switch (fields.text("answer")) {
            case "shut" -> new CredentialResult.CredentialRefused(fields.text("reason"));
            case "unneeded" -> new CredentialResult.NoCredentialNeeded();
            case "opened" ->
                new CredentialResult.CredentialOpened(new OpenedCredential(
                        fields.text("slot"),
                        fields.text("header"),
                        fields.text("scheme"),
                        new Secret(fields.text("secret")),
                        URI.create(fields.text("address"))));
            default -> throw new MalformedException("not an answer to the request");
        };
    }

    static Json.Members write(Vault.FilledSlot slot) {
        return Json.object()
                .with("name", slot.name())
                .with("store", slot.store().word())
                .withTexts("same", slot.same());
    }

    static Vault.FilledSlot readSlot(Json.Members fields) {
        return new Vault.FilledSlot(
                fields.text("name"),
                Store.valueOf(fields.text("store").toUpperCase(Locale.ROOT)),
                Set.copyOf(fields.texts("same")));
    }
}
