package dev.interlock.recovery;

import dev.interlock.action.Bytes;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The files of an installation that nobody can make again, by their purpose. A copy of the log with fewer
 * {@code receipts} is older than the kit. It does not restore the kills and freezes that were {@code standing}: the
 * gateway does, from the ledger.
 */
public record RecoveryKit(String origin, Instant madeAt, long receipts, List<String> standing, List<KitFile> files) {

    /** Maximum size. A vault with some hundred credentials takes a tenth of it. */
    static final int MAX_BYTES = 8 * 1024 * 1024;

    private static final String TYPE = "interlock-recovery@v1";

    /** The form of a path. No segment begins with a dot, so no path leads outside its directory. */
    private static final Pattern PATH =
            Pattern.compile("(config|data|vault)(/[A-Za-z0-9_@~-][A-Za-z0-9._@~-]{0,254})+");

    /**
     * {@code config/…} beside gateway.yaml, {@code data/…} in its data, {@code vault/…}. Others cannot read a secret.
     */
    public record KitFile(String path, boolean secret, Bytes content) {

        public KitFile {
            if (!PATH.matcher(path).matches()) {
                throw new MalformedException("a kit holds no file `" + path + "`");
            }
        }
    }

    public RecoveryKit {
        standing = List.copyOf(standing);
        files = List.copyOf(files);
    }

    /** Returns the bytes that are encrypted (RFC 8785). */
    byte[] canonical() {
        return Json.object()
                .with("type", TYPE)
                .with("origin", origin)
                .with("made_at", madeAt.toString())
                .with("receipts", receipts)
                .withItems("standing", standing.stream().map(Json.Text::new))
                .withItems(
                        "files",
                        files.stream()
                                .map(file -> Json.object()
                                        .with("path", file.path())
                                        .with("secret", file.secret())
                                        .with(
                                                "content",
                                                Base64.getEncoder()
                                                        .encodeToString(
                                                                file.content().toArray()))))
                .canonical();
    }

    /** Throws MalformedException if the kit has none. */
    Bytes file(String path) {
        return files.stream()
                .filter(item -> item.path().equals(path))
                .map(KitFile::content)
                .findFirst()
                .orElseThrow(() -> new MalformedException("the kit holds no `" + path + "`"));
    }

    /** @throws MalformedException if the bytes are not a kit */
    static RecoveryKit read(byte[] bytes) {
        Json.Members json = Json.readObject(bytes);
        if (!json.text("type").equals(TYPE)) {
            throw new MalformedException("`type` is not `" + TYPE + "`");
        }
        try {
            List<KitFile> files = new ArrayList<>();
            for (Json.Members file : json.objects("files")) {
                files.add(new KitFile(
                        file.text("path"),
                        file.flag("secret"),
                        Bytes.of(Base64.getDecoder().decode(file.text("content")))));
            }
            return new RecoveryKit(
                    json.text("origin"),
                    Instant.parse(json.text("made_at")),
                    json.whole("receipts"),
                    json.texts("standing"),
                    files);
        } catch (DateTimeException | IllegalArgumentException e) {
            throw new MalformedException("the kit cannot be read: " + e.getMessage(), e);
        }
    }
}
