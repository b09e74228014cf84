package dev.interlock.config;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.backup.BackupConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that errors in a file of root's use the terms of that file. */
class YamlErrorsTest {

    private static final String SOUND = """
            attest-key: attest
            plans:
              shop-db:
                of: "shop:order/o-2"
                source: {postgres: {database: shop, password-file: shop.password}}
                restic: {repository: /mnt/offsite, password-file: restic.password}
            """;

    @TempDir
    private Path directory;

    private void backups(String what, String instead, String message) throws Exception {
        Path file = Files.writeString(directory.resolve("backups.yaml"), SOUND.replace(what, instead));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        assertThatThrownBy(() -> BackupConfig.beside(directory.resolve("gateway.yaml")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContainingAny("dev.interlock", "java.", "JsonToken", "(index", "ignorable")
                .hasMessageStartingWith(file + message);
    }

    @Test
    void aMistakeIsNamedWithItsPlaceAndWhatWasMeant() throws Exception {
        backups(
                "shop, password-file",
                "shop, pasword-file",
                ":5: `pasword-file` is not known in `plans.shop-db.source.postgres`: is `password-file` meant?"
                        + " known there: `database`, `host`, `password-file`, `pgpass`");
        backups("plans:", "plan:", ":2: `plan` is not known in the file: is `plans` meant? known there: `attest-key`,");
        String of = "    of: \"shop:order/o-2\"\n";
        backups(of, "", ":3: `plans.shop-db` lacks `of`; known there: `exec`, `of`,");
        backups(of, "  other:\n" + of, ":3: `plans.shop-db` is empty; known there: `exec`,");
        backups("plans:\n", "plans:\n  other: [a, b]\n", ":3: `plans.other` must be keys with values");
        backups(
                "source: {",
                "source: {recovery: {}, ",
                ":5: `recovery` is not known in `plans.shop-db.source`: it belongs in `plans.NAME`; known there:");
        backups(
                "database: shop",
                "database: shop, port: five",
                ":5: `plans.shop-db.source.postgres.port` must be a whole number");
        backups(
                "{repository: /mnt/offsite, password-file: restic.password}",
                "target",
                ":6: `plans.shop-db.restic` must be keys with values");
        backups(
                "{database: shop,",
                "{database: [shop],",
                ":5: `plans.shop-db.source.postgres.database` must be one text");
    }

    @Test
    void theGatewaysFileHasTheSameMessages() throws Exception {
        gateway(
                "seal-signers: {quorom: 1, keys: []}",
                "5: `quorom` is not known in `seal-signers`: is `quorum` meant?" + " known there: `keys`, `quorum`");
        gateway(
                "seal-signers: {quorum: 1, keys: [k]}\nconsole: {lissten: x}",
                "6: `lissten` is not known in `console`:"
                        + " is `listen` meant? known there: `client-secret-file`, `listen`, `origin`, `provider-ca`,"
                        + " `push`, `tls`");
        gateway("seal-signers: {quorum: 1, keys: [k]}\nlog: xml", "6: `log` must be one of `text`, `json`, not `xml`");
        gateway(
                "seal-signers: {quorum: 2, keys: [k]}",
                "5: `seal-signers.quorum` must be between 1 and the number of keys");
        gateway("seal-signers: {quorum: 1, keys: [k]}\nrun: x", "6: `run` is given twice; remove one of them");
        gateway(
                "seal-signers: {quorum: 1, keys: [*k]}",
                "5: anchors, aliases and tags are not supported; write the value itself");
        gateway("---\nrun: x", "6: the file contains a second document; put each into a separate file");
    }

    /** A quote that is never closed is found at the end of the file, so the message names where it begins, too. */
    @Test
    void aFileThatIsNoYamlIsRefusedWithLineAndColumn() throws Exception {
        gateway("log: text: json", "5:10: this is not plain YAML: mapping values are not allowed here");
        gateway(
                "log: \"json",
                "6:1: this is not plain YAML: found unexpected end of stream while scanning a quoted scalar that begins in"
                        + " line 5");
        gateway(
                "admins: [root\nlog: json",
                "6:4: this is not plain YAML: expected ',' or ']', but got : while parsing a flow sequence that begins in"
                        + " line 5");
    }

    private void gateway(String more, String words) throws Exception {
        Path file = Files.writeString(directory.resolve("gateway.yaml"), """
                origin: interlock.example/test
                listen: 127.0.0.1:0
                data: data
                run: run
                """ + more + "\n");
        assertThatThrownBy(() -> Config.read(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(file + ":" + words);
    }
}
