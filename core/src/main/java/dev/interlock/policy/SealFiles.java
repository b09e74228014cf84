package dev.interlock.policy;

import dev.interlock.action.Bytes;
import dev.interlock.config.Config;
import dev.interlock.evidence.BadSignatureException;
import dev.interlock.evidence.Envelope;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.SealDocument;
import dev.interlock.linux.PrivateFiles;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/** Files of sealed envelopes: the one for the next start, and those that were in force, by id. */
public final class SealFiles {

    private SealFiles() {}

    /** Reads an envelope without verifying it. */
    public static Envelope read(Path file) throws IOException {
        return Envelope.read(Files.readAllBytes(file));
    }

    /** Writes {@code envelope} atomically and readable by everybody. It is public, and protected by its signatures. */
    public static void write(Path file, Envelope envelope) throws IOException {
        PrivateFiles.replace(file, envelope.write(), PrivateFiles.READABLE);
    }

    /**
     * Puts {@code envelope} where the next start of the daemon adopts it, unless it lacks signatures by pinned keys.
     */
    public static void put(Config config, Envelope envelope) throws IOException, BadSignatureException {
        try {
            envelope.verify(
                    SealDocument.PAYLOAD_TYPE,
                    SealDocument.NAMESPACE,
                    config.sealSigners().publicKeys(),
                    config.sealSigners().quorum());
        } catch (BadSignatureException e) {
            throw new BadSignatureException(
                    e.getMessage()
                            + ": `seal-signers` in gateway.yaml names who may sign and how many must. Repeat --key, or write it with --out seal.json, and the others: interlock seal --key KEY --sign seal.json",
                    e);
        }
        Files.createDirectories(config.data());
        write(config.sealFile(), envelope);
    }

    /** Returns the envelope of a seal that was in force, unverified; empty if its file is missing or unreadable. */
    public static Optional<Json.Members> adopted(Config config, String id) {
        try {
            return Optional.of(Json.readObject(
                    read(config.adoptedSeals().resolve(id + ".json")).write()));
        } catch (IOException | MalformedException e) {
            return Optional.empty();
        }
    }

    /**
     * Returns the sequence after the last, or 1. The file for the next start may be older than the seals put in force.
     */
    public static long nextSequence(Config config) throws IOException {
        NavigableMap<Long, String> seals = adopted(config);
        long highest = seals.isEmpty() ? 0 : seals.lastKey();
        if (Files.exists(config.sealFile())) {
            highest = Math.max(
                    highest,
                    SealDocument.read(read(config.sealFile()).unverified()).sequence());
        }
        return highest + 1;
    }

    /** Returns the ids of all seals that were ever in force, by sequence, as their files say. Nothing is verified. */
    public static NavigableMap<Long, String> adopted(Config config) throws IOException {
        NavigableMap<Long, String> seals = new TreeMap<>();
        if (Files.notExists(config.adoptedSeals())) {
            return seals; // none was ever in force
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(config.adoptedSeals(), "*.json")) {
            for (Path file : files) {
                byte[] payload = read(file).unverified();
                seals.put(
                        SealDocument.read(payload).sequence(), Bytes.of(payload).sha256());
            }
        }
        return seals;
    }
}
