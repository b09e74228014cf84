package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.interlock.action.Secret;
import dev.interlock.backup.BackupConfig;
import dev.interlock.config.Config;
import dev.interlock.credentials.Credentials;
import dev.interlock.testing.TestingConfig;
import dev.interlock.testing.TestingKey;
import dev.interlock.vault.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests which other users could read the secrets of backups. */
class BackupSecretsTest {

    private static final int AGENTS = 61_234;
    private static final int GATEWAY = 61_500;
    private static final String PASSWORD = "correct horse: battery\\staple";
    private static final String STORAGE = "storage-secret-of-nobody-else";

    @TempDir
    private Path root;

    private Config config;

    @BeforeEach
    void prepare() throws IOException {
        config = TestingConfig.in(root, "test", TestingKey.software());
        Files.createDirectories(config.data());
        assumeTrue(Files.getAttribute(root, "unix:uid").equals(0), "only root gives files to others");
        Files.setAttribute(config.data(), "unix:uid", GATEWAY);
        Files.writeString(root.resolve("backups.yaml"), """
                attest-key: attest
                plans:
                  shop-db:
                    of: "railway:volume/v1"
                    source: {postgres: {database: shop, password-file: password}}
                    restic: {repository: "s3:s3.example.com/b", password-file: restic.password, environment: {AWS_SHARED_CREDENTIALS_FILE: "%5$s"}}
                  carts:
                    of: "railway:volume/v1"
                    source: {postgres: {database: carts, pgpass: pgpass}}
                    exec: {list: [/bin/true], restore: [/bin/true], environment: {TOKEN_FILE: "%1$s", SSL_CERT_FILE: "%2$s"}}
                  shop-tool:
                    of: "railway:volume/v1"
                    source: {directory: /srv/shop}
                    exec: {list: [/bin/true], restore: [/bin/true], environment: {PGPASSFILE: "%3$s", RCLONE_CONFIG: "%4$s"}}
                """.formatted(
                        root.resolve("token"),
                        root.resolve("certificates"),
                        root.resolve("pgpass"),
                        root.resolve("rclone"),
                        root.resolve("s3")));
        for (String name : List.of("restic.password", "attest", "token")) {
            secret(name, name + " is no secret of anybody else's");
        }
        secret("rclone", "[offsite]\ntype = s3\nsecret_access_key = " + STORAGE + "\n");
        secret("certificates", "-----BEGIN CERTIFICATE-----\n");
        secret("password", PASSWORD + "\n");
        secret("s3", "[default]\naws_access_key_id = AK\naws_secret_access_key = " + STORAGE + "\n");
        secret("pgpass", "# all\n*:*:*:*:" + PASSWORD.replace("\\", "\\\\").replace(":", "\\:") + "\n");
    }

    private void secret(String name, String content) throws IOException {
        Files.writeString(root.resolve(name), content);
        Files.setPosixFilePermissions(root.resolve(name), PosixFilePermissions.fromString("rw-------"));
    }

    private BackupSecrets.SecretFindings look() throws IOException {
        return BackupSecrets.check(BackupConfig.beside(root.resolve("gateway.yaml")), Optional.of(config), AGENTS);
    }

    @Test
    void aPrivateFileIsFine() throws IOException {
        assertThat(look().wrong()).isEmpty();
        assertThat(look().unsure()).isEmpty();
        assertThat(look().unseen()).isEmpty();
    }

    @Test
    void aFileReadableByOthersIsReported() throws IOException {
        Files.setPosixFilePermissions(root.resolve("attest"), PosixFilePermissions.fromString("rw-r-----"));
        Files.setPosixFilePermissions(root.resolve("token"), PosixFilePermissions.fromString("rw----r--"));
        assertThat(look().wrong())
                .satisfiesExactlyInAnyOrder(
                        one -> assertThat(one)
                                .contains("attest`, the key that attests "
                                        + "backups, can be opened by users other than its owner"),
                        one -> assertThat(one)
                                .contains("token`, a file for the backups of `carts`, "
                                        + "can be opened by users other than its owner"));
    }

    /** A file for programs may be public and have to be: restricting it would take it from all others. */
    @Test
    void undeclaredTextsAreNotWrong() throws IOException {
        Files.setPosixFilePermissions(root.resolve("certificates"), PosixFilePermissions.fromString("rw-r--r--"));
        assertThat(look().wrong()).isEmpty();
        assertThat(look().unsure())
                .singleElement()
                .asString()
                .startsWith("check for a secret in `")
                .contains("certificates`, a file for the backups of `carts`, which can be opened by "
                        + "users other than its owner");
        assertThat(look().unseen()).as("it was looked at").isEmpty();

        Files.setPosixFilePermissions(root.resolve("certificates"), PosixFilePermissions.fromString("rw-------"));
        Files.setAttribute(root.resolve("certificates"), "unix:uid", GATEWAY);
        assertThat(look().wrong()).isEmpty();
        assertThat(look().unsure())
                .singleElement()
                .asString()
                .contains("which belongs to the user that the gateway runs as");
    }

    @Test
    void whatTheGatewayOrAgentsOwnIsSaid() throws IOException {
        Files.setAttribute(root.resolve("attest"), "unix:uid", GATEWAY);
        Files.setAttribute(root.resolve("s3"), "unix:uid", AGENTS);
        assertThat(look().wrong())
                .satisfiesExactly(
                        one -> assertThat(one)
                                .contains("the key that attests backups, belongs to the user that the gateway runs as"),
                        one -> assertThat(one)
                                .contains(
                                        "a file for the backups of `shop-db`, belongs to the user that agents run as"));
    }

    /** A secret that is used for both is in reach of destructive calls. */
    @Test
    void whatTheVaultHoldsAsWellIsSaidAndNotShown() throws IOException {
        Credentials.vault(config).put("shop-owner", Store.PROTECTED, new Secret(PASSWORD));
        Credentials.vault(config).put("storage", Store.ORDINARY, new Secret(STORAGE));
        Credentials.vault(config).put("other", Store.ORDINARY, new Secret("something else"));
        Credentials.giveToDaemon(config);
        BackupSecrets.SecretFindings found = look();
        assertThat(found.wrong())
                .satisfiesExactlyInAnyOrder(
                        one -> assertThat(one).contains("/password`").contains("the vault's `shop-owner`"),
                        one -> assertThat(one)
                                .contains(
                                        "/pgpass`, the password of `carts` and a file for the backups of `shop-tool`, ")
                                .contains("the vault's `shop-owner`"),
                        one -> assertThat(one).contains("/rclone`").contains("the vault's `storage`"),
                        one -> assertThat(one).contains("/s3`").contains("the vault's `storage`"));
        assertThat(found.toString()).doesNotContain("horse", STORAGE);
    }

    /** A check without a vault makes none. */
    @Test
    void checkingChangesNothing() throws IOException {
        look();
        assertThat(config.vault()).doesNotExist();
        Credentials.vault(config).put("storage", Store.ORDINARY, new Secret(STORAGE));
        Files.delete(config.vault().resolve("fingerprint.key"));
        assertThat(look().unseen()).singleElement().asString().contains("whether the vault holds one of them");
        assertThat(config.vault().resolve("fingerprint.key")).doesNotExist();
    }

    /** On a machine without a gateway only the machine's own users have to be excluded. */
    @Test
    void withoutAGatewayOthersAreKeptOutAllTheSame() throws IOException {
        Files.setPosixFilePermissions(root.resolve("password"), PosixFilePermissions.fromString("rw-rw----"));
        assertThat(BackupSecrets.check(BackupConfig.beside(root.resolve("gateway.yaml")), Optional.empty(), AGENTS)
                        .wrong())
                .singleElement()
                .asString()
                .contains("the password of `shop-db`, can be opened by users other than its owner");
    }
}
