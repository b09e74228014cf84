package dev.interlock.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.backup.postgres.SocketRelay;
import dev.interlock.backup.postgres.TestingPostgres;
import dev.interlock.program.ExitCodes;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code upstream add} of a database, with a real server. */
final class DatabaseUpstreamTest {

    private static final String PASSWORD = "pass word%1";

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @TempDir
    private Path directory;

    private int interlock(String... arguments) {
        out.reset();
        err.reset();
        return InterlockCommand.run(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                arguments);
    }

    private int add(String... arguments) {
        List<String> all =
                new ArrayList<>(List.of("upstream", "add", "--config=" + directory.resolve("made/gateway.yaml")));
        all.addAll(List.of(arguments));
        return interlock(all.toArray(String[]::new));
    }

    private String said() {
        return out.toString(StandardCharsets.UTF_8) + err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void anAddressIsReadAndItsPasswordIsInNoMessage() {
        DatabaseUpstream read = DatabaseUpstream.parse("postgresql://me:pa%3Ass+w@db.internal/shop?sslmode=require");
        assertThat(read.address()).hasToString("postgres://db.internal:5432/shop");
        assertThat(read.role()).contains("me");
        assertThat(read.password().orElseThrow().<Boolean>use("pa:ss+w"::equals))
                .isTrue();
        assertThat(read.toString()).doesNotContain("pa:ss");
        assertThat(DatabaseUpstream.parse("postgres://me@db/my_shop").name(Optional.empty()))
                .isEqualTo("my-shop");
        for (String wrong :
                List.of("postgres://me:secret@/shop", "postgres://me:sec ret@db/shop", "postgres://me:secret@db/a/b")) {
            assertThatThrownBy(() -> DatabaseUpstream.parse(wrong))
                    .isInstanceOf(UsageException.class)
                    .hasMessageNotContaining("sec")
                    .hasNoCause();
        }
    }

    @Test
    @Tag("process")
    void aDatabaseIsAskedAndAddedAndRemoved() throws Exception {
        Path key = directory.resolve("made/seal.key");
        Files.createDirectory(directory.resolve("made"));
        Files.createDirectory(directory.resolve("data"));
        assertThat(new ProcessBuilder("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key.toString())
                        .start()
                        .waitFor())
                .isZero();
        assertThat(interlock(TestingInit.command(directory, key + ".pub")))
                .as(said())
                .isEqualTo(ExitCodes.OK);
        Path yaml = directory.resolve("made/policy/interlock.yaml");
        String before = Files.readString(yaml);
        try (TestingPostgres server = new TestingPostgres(directory, List.of());
                SocketRelay relay = new SocketRelay(server.sockets().resolve(".s.PGSQL.5432"))) {
            server.sql(
                    "shop",
                    "CREATE SCHEMA sales; CREATE TABLE sales.orders (id int);"
                            + " CREATE ROLE agent LOGIN PASSWORD '" + PASSWORD
                            + "'; GRANT USAGE ON SCHEMA sales TO agent;"
                            + " GRANT SELECT, INSERT ON sales.orders TO agent");
            String place = "127.0.0.1:" + relay.port() + "/shop";
            String whole = "postgres://agent:pass%20word%251@" + place;
            Path secret = Files.writeString(directory.resolve("password"), PASSWORD);

            assertThat(add(whole, "--plan")).as(said()).isEqualTo(ExitCodes.OK);
            assertThat(said())
                    .contains("as `agent`, who may change 1 table", "schema sales", "was on the command line")
                    .contains("\"pg:table/shop.sales.*\": {environments: [production]}", "header: password")
                    .doesNotContain("pass%20", PASSWORD, "is a superuser");
            assertThat(Files.readString(yaml)).isEqualTo(before);

            assertThat(add("postgres://agent@127.0.0.1:" + relay.port(), "--token-from=file:" + secret))
                    .isEqualTo(ExitCodes.USAGE);
            assertThat(said())
                    .contains("name one of its databases: ", "postgres://agent@" + place + " (")
                    .doesNotContain(PASSWORD);

            Path superuser = TestingPostgres.passwordFile(directory.resolve("made"));
            assertThat(add("postgres://postgres@" + place, "--token-from=file:" + superuser, "--plan", "--json"))
                    .as(said())
                    .isEqualTo(ExitCodes.OK);
            assertThat(said())
                    .contains("the role `postgres` is a superuser", "owns 1 table", "\"writable\":1")
                    .doesNotContain(TestingPostgres.PASSWORD);

            assertThat(add("postgres://agent@" + place, "--token-from=file:" + secret))
                    .as(said())
                    .isEqualTo(ExitCodes.OK);
            assertThat(said())
                    .contains("counts as in `production`", "`postgres: 127.0.0.1:7413`")
                    .doesNotContain(PASSWORD);
            assertThat(Files.readString(yaml))
                    .contains("address: postgres://" + place)
                    .doesNotContain(PASSWORD);

            assertThat(add("postgres://agent@" + place, "--token-from=file:" + secret))
                    .isEqualTo(ExitCodes.USAGE);
            assertThat(interlock("upstream", "remove", "shop", "--config=" + directory.resolve("made/gateway.yaml")))
                    .as(said())
                    .isEqualTo(ExitCodes.OK);
            assertThat(Files.readString(yaml)).isEqualTo(before);
        }
    }
}
