package dev.interlock.evidence;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

/** What a log asks of a witness: to cosign a checkpoint that continues one it knows (C2SP tlog-witness). */
public record WitnessRequest(long old, List<Hash> path, Note checkpoint) {

    static final int MAX_BYTES = Note.MAX_BYTES + 4096; // a note, 63 hashes of 45 bytes and the size

    public WitnessRequest {
        path = List.copyOf(path);
        if (path.size() > ConsistencyProof.MAX_PATH) {
            throw new MalformedException("the request has more than " + ConsistencyProof.MAX_PATH + " hashes");
        }
    }

    static WitnessRequest read(byte[] body) {
        if (body.length > MAX_BYTES) {
            throw new MalformedException("the request is longer than " + MAX_BYTES + " bytes");
        }
        String text = new String(body, StandardCharsets.ISO_8859_1); // the note is read as the bytes that it is
        int split = text.indexOf("\n\n");
        if (!text.startsWith("old ") || split < 0) {
            throw new MalformedException("the request has no old size, or no checkpoint");
        }
        List<String> lines = List.of(text.substring("old ".length(), split).split("\n", -1));
        return new WitnessRequest(
                Checkpoint.number(lines.get(0)),
                lines.stream().skip(1).map(Hash::ofBase64).toList(),
                Note.read(text.substring(split + 2).getBytes(StandardCharsets.ISO_8859_1)));
    }

    public byte[] write() {
        String head = path.stream().map(hash -> hash.base64() + "\n").collect(Collectors.joining());
        return SshWire.concat(("old " + old + "\n" + head + "\n").getBytes(StandardCharsets.UTF_8), checkpoint.write());
    }
}
