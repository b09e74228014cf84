package dev.interlock.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.testing.TestingKey;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ConfigTest {

    private static final String KEY = TestingKey.software().line();

    private static final String WHOLE = """
            origin: interlock.example/pocketos
            listen: 127.0.0.1:7411
            tls: {certificate: front.pem, key: front.key}
            data: data
            run: /run/interlock
            replica: ../replica
            admins: [root, "1234"]
            seal-signers:
              quorum: 1
              keys: ["%s"]
            alerts:
              webhook:
                url: https://alerts.example/hook
                secret-file: webhook.secret
            """.formatted(KEY);

    @TempDir
    private Path directory;

    private Config read(String text) throws IOException {
        return Config.read(Files.writeString(directory.resolve("gateway.yaml"), text));
    }

    private void assertRefused(String text, String because) {
        assertThatThrownBy(() -> read(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(because);
    }

    @Test
    void theGatewayIsFoundAlthoughAnotherLineIsWrong() throws IOException {
        Path file = Files.writeString(
                directory.resolve("gateway.yaml"), WHOLE.replace("replica: ../replica", "remote: {nam: x"));

        assertThatThrownBy(() -> Config.read(file)).isInstanceOf(IllegalArgumentException.class);
        assertThat(Config.adminSocket(file)).isEqualTo(Path.of("/run/interlock/admin.sock"));
    }

    @Test
    void withoutALineThatSaysWhereNoGatewayIsFound() throws IOException {
        Path file = Files.writeString(directory.resolve("gateway.yaml"), "data: data\nrun:\n  there: /run\n");

        assertThatThrownBy(() -> Config.adminSocket(file)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void theStoreIsAFileUnlessADatabaseIsNamed() throws IOException {
        assertThat(read(WHOLE).store()).isEmpty();
        Config.Store store =
                read(WHOLE + "store: postgres://interlock@db/own\n").store().orElseThrow();
        assertThat(List.of(store.user(), store.host(), store.port(), store.database()))
                .containsExactly("interlock", "db", 5432, "own");
        Config.Store longer = read(WHOLE
                        + "store: {url: 'postgresql://interlock@[::1]:5433/own', password-file: db.password, ca: db.pem}\n")
                .store()
                .orElseThrow();
        assertThat(List.of(longer.host(), longer.port())).containsExactly("[::1]", 5433);
        assertThat(longer.passwordFile()).contains(directory.resolve("db.password"));
        assertThat(longer.ca()).contains(directory.resolve("db.pem"));
    }

    @Test
    void textsAreKeptForDaysOrForeverAndNotInASharedStore() throws IOException {
        assertThat(read(WHOLE + "retention: 400d\n").textsKept()).contains(Duration.ofDays(400));
        assertThat(read(WHOLE + "retention: unlimited\n").textsKept()).isEmpty();
        for (String wrong : List.of("0d", "400", "1y", "P1D", "-1d")) {
            assertThatThrownBy(() -> read(WHOLE + "retention: " + wrong + "\n"))
                    .as(wrong)
                    .hasMessageContaining("`retention` must be days, as `400d`, or `unlimited`");
        }
        assertThatThrownBy(() -> read(WHOLE + "retention: 400d\nstore: postgres://interlock@db/own\n"))
                .hasMessageContaining("`retention` needs a store of the gateway's own, not a shared one");
    }

    /** A password in the file would be in backups and kits of it. It is not quoted either. */
    @Test
    void aPasswordIsNotReadFromTheFileAndNotRepeated() {
        for (String wrong : List.of(
                "postgres://interlock:hunter2@db/own",
                "postgres://interlock@db/own?password=hunter2",
                "mysql://interlock@db/hunter2",
                "postgres://interlock@db/hunter2/x")) {
            for (String form : List.of("store: " + wrong, "store: {url: '" + wrong + "'}")) {
                assertThatThrownBy(() -> read(WHOLE + form + "\n"))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("`password-file`")
                        .message()
                        .doesNotContain("hunter2");
            }
        }
    }

    @Test
    void relativePathsAreRelativeToTheFile() throws IOException {
        Config config = read(WHOLE);
        assertThat(config.data()).isEqualTo(directory.resolve("data"));
        assertThat(config.tls())
                .contains(new Config.Tls(directory.resolve("front.pem"), directory.resolve("front.key")));
        assertThat(config.run()).isEqualTo(Path.of("/run/interlock"));
        assertThat(config.replica().orElseThrow()).isEqualTo(directory.resolve("../replica"));
        assertThat(config.alerts().get("webhook").secretFile()).contains(directory.resolve("webhook.secret"));
        assertThat(config.listenAddress().getPort()).isEqualTo(7411);
    }

    @Test
    void aBucketIsReachedByTlsAndItsUrlHoldsNoKey() throws IOException {
        String bucket = WHOLE
                + "replica-bucket: {url: \"%s\", endpoint: \"%s\", region: eu-central-1, credentials-file: s3.key, lock-days: 400}\n";
        String store = "https://s3.eu-central-1.amazonaws.com";
        Config.Bucket read = read(bucket.formatted("s3://audit.acme/gateway-1", store))
                .replicaBucket()
                .orElseThrow();
        assertThat(read.root()).hasToString(store + "/audit.acme/gateway-1/");
        assertThat(read.credentialsFile()).isEqualTo(directory.resolve("s3.key"));
        assertThat(read.lockDays()).isEqualTo(400);
        assertThat(read(bucket.formatted("s3://audit", "http://127.0.0.1:9000/"))
                        .replicaBucket()
                        .orElseThrow()
                        .root())
                .hasToString("http://127.0.0.1:9000/audit/");
        for (String url : List.of("s3://key:hunter2@audit/x", "s3://audit/../x", "s3://audit/a?b", "https://audit/x")) {
            assertRefused(bucket.formatted(url, store), "s3://bucket/prefix");
        }
        for (String endpoint :
                List.of("http://s3.example.com", "https://s3.example.com/x", "https://u:p@s3.example.com")) {
            assertRefused(bucket.formatted("s3://audit", endpoint), "s3://bucket/prefix");
        }
    }

    @Test
    void aWitnessHasAWitnessesKeyAndAnAddress() throws IOException {
        String witness = WHOLE + "witnesses:\n  ann: {key: %s, url: %s}\n";
        String key = "witness.example/ann+0b26b284+BK6sidLAbYj98bfasbFr9yWocw93/BPZory4AJ17xxJa";
        assertThat(read(witness.formatted(key, "https://witness.example/a"))
                        .witnesses()
                        .get("ann")
                        .addCheckpoint())
                .hasToString("https://witness.example/a/add-checkpoint");
        assertRefused(
                witness.formatted(key.replace("0b26", "0b27"), "https://witness.example/"), "does not match its id");
        String log = "interlock.acme.example/gateway-1+436f2219+AQQ7zWmhGhLl8OmjQxvEqryw4IcgM0T08TEybw48xrbR";
        assertRefused(witness.formatted(log, "https://witness.example/"), "is no witness's");
        assertRefused(witness.formatted(key, "ftp://witness.example/"), "a witness is written");
    }

    @Test
    void onlyRootAdministersUnlessOthersAreNamed() throws IOException {
        assertThat(read(WHOLE).admins()).containsExactly("root", "1234");
        assertThat(read(WHOLE.replaceFirst("admins: .*\n", "")).admins()).containsExactly("root");
    }

    @Test
    void withoutTlsItSpeaksInTheClearAndHalfOfItIsNothing() throws IOException {
        assertThat(read(WHOLE).frontAddress()).isEqualTo("https://127.0.0.1:7411");
        assertThat(read(WHOLE.replaceFirst("tls: .*\n", "")).frontAddress()).isEqualTo("http://127.0.0.1:7411");
        assertRefused(WHOLE.replace("certificate: front.pem, ", ""), "certificate");
        assertRefused(WHOLE.replace(", key: front.key", ""), "key");
    }

    @Test
    void whatIsNotKnownIsRefusedWithItsLine() {
        assertRefused(WHOLE + "bypass: true\n", "bypass");
        assertRefused(WHOLE.replace("quorum: 1", "quorum: 1\n  threshold: 0"), "threshold");
        assertRefused(WHOLE + "bypass: true\n", "gateway.yaml:");
    }

    @Test
    void theListenerForOtherMachinesHasAnAddressAndNames() throws IOException {
        assertThat(read(WHOLE).remote()).isEmpty();
        Config.Remote remote = read(WHOLE + "remote: {listen: '10.0.0.5:7443', names: [gateway.example.com, gw]}\n")
                .remote()
                .orElseThrow();
        assertThat(remote.listenAddress().getPort()).isEqualTo(7443);
        assertThat(remote.names()).containsExactly("gateway.example.com", "gw");
        for (String listen : List.of("7443", "gateway.example.com:7443", "10.0.0.5:70000", "10.0.0.5")) {
            assertRefused(WHOLE + "remote: {listen: '" + listen + "', names: [gw]}\n", "`remote.listen` must be");
        }
        for (String names : List.of("[]", "[10.0.0.5]", "[Gateway]", "['*.example.com']", "['gw:7443']", "[gw.]")) {
            assertRefused(
                    WHOLE + "remote: {listen: '10.0.0.5:7443', names: " + names + "}\n", "`remote.names` must be");
        }
        assertRefused(WHOLE + "remote: {listen: '10.0.0.5:7443'}\n", "names");
        assertRefused(WHOLE + "remote:\n  listen: 10.0.0.5\n  names: [gw]\n", "gateway.yaml:1");
    }

    @Test
    void whatIsSaidTwiceIsRefused() {
        assertRefused(WHOLE + "data: elsewhere\n", "data");
    }

    @Test
    void whatIsMissingIsRefused() {
        for (String key : new String[] {"origin", "listen", "data", "run"}) {
            assertRefused(WHOLE.replaceFirst("(?m)^" + key + ": .*\n", ""), key);
        }
        assertRefused(WHOLE.replaceFirst("(?s)seal-signers:.*?alerts:", "alerts:"), "seal-signers");
        assertRefused(WHOLE.replace("  quorum: 1\n", ""), "quorum");
        assertRefused("", "");
    }

    @Test
    void aQuorumNobodyOrEverybodyMeetsIsRefused() {
        assertRefused(WHOLE.replace("quorum: 1", "quorum: 0"), "quorum");
        assertRefused(WHOLE.replace("quorum: 1", "quorum: 2"), "quorum");
    }

    @Test
    void aReceiverIsOfOneKindAndNamedPlainly() throws IOException {
        String whole = WHOLE.substring(0, WHOLE.indexOf("alerts:"));
        Config config = read(whole + """
                alerts:
                  people: {slack-url-file: slack.url}
                  pager: {exec: /usr/bin/page}
                """);
        assertThat(config.alerts().get("people").slackUrlFile()).contains(directory.resolve("slack.url"));
        assertThat(config.alerts().get("pager").exec()).contains("/usr/bin/page");
        assertThat(read(whole).alerts()).isEmpty();
        assertRefused(whole + "alerts: {people: {}}\n", "a receiver needs");
        assertRefused(whole + "alerts: {people: {url: 'https://x.example'}}\n", "a receiver needs");
        assertRefused(whole + "alerts: {people: {exec: /bin/a, slack-url-file: b}}\n", "a receiver needs");
        assertRefused(whole + "alerts: {people: {exec: bin/a}}\n", "absolute");
        assertRefused(whole + "alerts: {'../people': {exec: /bin/a}}\n", "lower-case");
    }

    @Test
    void theLogIsForPeopleUnlessSomebodyAsksForJson() throws IOException {
        assertThat(read(WHOLE).log()).isEqualTo(Config.LogForm.TEXT);
        assertThat(read(WHOLE + "log: json\n").log()).isEqualTo(Config.LogForm.JSON);
        assertRefused(WHOLE + "log: xml\n", "xml");
        assertThat(Config.LogForm.TEXT.or(Map.of("INTERLOCK_LOG", "json"))).isEqualTo(Config.LogForm.JSON);
        assertThat(Config.LogForm.JSON.or(Map.of())).isEqualTo(Config.LogForm.JSON);
        assertThatThrownBy(() -> Config.LogForm.TEXT.or(Map.of("INTERLOCK_LOG", "xml")))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anAddressWithoutAPortIsRefused() throws IOException {
        Config config = read(WHOLE.replace("127.0.0.1:7411", "localhost"));
        assertThatThrownBy(config::listenAddress).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aDirectoryTooDeepForSocketsIsNamedWithWhatToDo() throws IOException {
        String deep = "/run/" + "x".repeat(46);
        assertRefused(WHOLE.replace("/run/interlock", deep), "`" + deep + "` is too long for sockets: it has 51 bytes");
        assertRefused(WHOLE.replace("/run/interlock", deep), "choose a shorter one");
        // The longest path that is made in it has 107 bytes, the kernel's limit.
        String longest = deep.substring(1) + "/places/" + UUID.randomUUID() + "/gateway.sock";
        assertThat(longest).hasSize(107);
        assertThat(read(WHOLE.replace("/run/interlock", deep.substring(0, 50))).run())
                .hasToString(deep.substring(0, 50));
    }

    /** Cookies are shared between ports. Only a name that no other user can put into a link separates them. */
    @Test
    void aConsoleIsGuessableByAShortNameBelowLocalhostAndInTheClear() {
        assertThat(console("http://interlock.localhost:7412").isGuessable()).isTrue();
        assertThat(console("http://i-" + "0123456789abcdef".repeat(2) + ".localhost:7412")
                        .isGuessable())
                .isFalse();
        assertThat(console("http://localhost:7412").isGuessable())
                .as("said where it is described")
                .isFalse();
        Config.Tls tls = new Config.Tls(Path.of("c.pem"), Path.of("c.key"));
        assertThat(console("https://interlock.localhost:7412", Optional.of(tls)).isGuessable())
                .isFalse();
    }

    @Test
    void ownPushServicesAreHostNames() throws IOException {
        Config config =
                read(WHOLE + "console: {push: {services: [push.example.com, \"localhost:8443\"], ca: push.pem}}\n");
        assertThat(config.console().orElseThrow().push())
                .contains(new Config.Push(
                        List.of("push.example.com", "localhost:8443"), Optional.of(directory.resolve("push.pem"))));
        for (String bad :
                List.of("https://push.example.com", "Push.example.com", "*.example.com", "127.0.0.1", "a:0")) {
            assertRefused(WHOLE + "console: {push: {services: [\"" + bad + "\"]}}\n", "console.push.services");
        }
        assertRefused(WHOLE + "console: {push: {services: []}}\n", "console.push.services");
    }

    @Test
    void theConsoleIsOffAsAWordOrAText() throws IOException {
        for (String off : List.of("off", "\"off\"")) {
            assertThat(read(WHOLE + "console: " + off + "\n")
                            .console()
                            .orElseThrow()
                            .off())
                    .isTrue();
        }
        for (String bad : List.of("on", "\"on\"", "\"false\"", "\"\"")) {
            assertRefused(WHOLE + "console: " + bad + "\n", "`off` or an address");
        }
    }

    private static Config.Console console(String origin) {
        return console(origin, Optional.empty());
    }

    private static Config.Console console(String origin, Optional<Config.Tls> tls) {
        return new Config.Console(
                Optional.empty(),
                Optional.of(URI.create(origin)),
                tls,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                false);
    }
}
