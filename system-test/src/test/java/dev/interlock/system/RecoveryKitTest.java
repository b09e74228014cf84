package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.evidence.Json;
import dev.interlock.evidence.Main;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests that the printed kit restores a machine of which only the replica of its log is left. */
@Timeout(300)
@Tag("process")
final class RecoveryKitTest {

    private static final String ORDER = "/orders/orders/o-1";

    @TempDir
    private Path root;

    private ServiceGatewayInstallation installation(SmallService service) throws Exception {
        return ServiceGatewayInstallation.beforeAShop(
                root,
                service.address(),
                "{environments: [staging], impacts: [read, write]}",
                Map.of("shop", "the-real-one"),
                "replica: replica");
    }

    private static String config(Path root) {
        return "--config=" + root.resolve("gateway.yaml");
    }

    private Programs.ProgramResult kit(ServiceGatewayInstallation house, String command, String... more)
            throws Exception {
        String[] arguments = new String[more.length + 2];
        arguments[0] = "recovery-kit";
        arguments[1] = command;
        System.arraycopy(more, 0, arguments, 2, more.length);
        return house.interlock("", arguments);
    }

    private void awaitReplica(ServiceGatewayInstallation house) throws Exception {
        Programs.await("the replica has everything", () -> {
            Json.Members status = house.admin().call("status", Json.object());
            return status.whole("replica_lag") == 0 && status.whole("published") == status.whole("receipts");
        });
    }

    @Test
    void aPrintedKitRestoresALostMachine() throws Exception {
        try (SmallService service = new SmallService();
                ServiceGatewayInstallation house = installation(service)) {
            service.keep("/orders/o-1", "{}");
            house.seal().expect(0);
            house.up();
            awaitReplica(house);
            house.down(); // its files appear and disappear while it writes
            copy(root.resolve("replica"), root.resolve("older"));
            house.up();
            assertThat(house.curl("GET", ORDER)).endsWith("\n200");
            house.admin().call("kill", Json.object().with("agent", "sam/bot"));
            awaitReplica(house);

            Path kit = root.resolve("kit.txt");
            String code = "--code-file=" + root.resolve("code");
            String made = kit(house, "make", config(root), "--out=" + kit, code)
                    .expect(0)
                    .out();
            assertThat(made)
                    .contains(
                            "everything in it opens",
                            "credentials  shop",
                            "people       sam",
                            "exists, but is not in the kit: K-");
            assertThat(Files.readString(kit)).doesNotContain("the-real-one", "acme");
            assertThat(kit(house, "verify", kit.toString(), code).expect(0).out())
                    .contains("everything in it opens");
            Path wrong = Files.writeString(root.resolve("wrong"), "0123-4567-89AB-CDEF-GHJK-MNPQ-RSTV-WXYZ");
            assertThat(kit(house, "verify", kit.toString(), "--code-file=" + wrong)
                            .err())
                    .contains("this code does not decrypt the kit");

            assertThat(kit(house, "restore", kit.toString(), code, config(root), "--replica=" + root.resolve("replica"))
                            .err())
                    .contains("is not empty"); // the restore overwrites nothing
            house.seal().expect(0); // the log knows this seal, and the kit does not
            awaitReplica(house);
            house.down();
            remove(root.resolve("data"));
            remove(root.resolve("policy"));
            Files.delete(root.resolve("gateway.yaml"));

            assertThat(kit(house, "restore", kit.toString(), code, config(root), "--replica=" + root.resolve("older"))
                            .err())
                    .contains("find a more recent copy");
            assertThat(root.resolve("gateway.yaml")).doesNotExist();
            Programs.ProgramResult restored =
                    kit(house, "restore", kit.toString(), code, config(root), "--replica=" + root.resolve("replica"));
            assertThat(restored.expect(0).err()).contains("existed then, and stands again once the gateway starts: K-");
            assertThat(Files.getPosixFilePermissions(root.resolve("data/vault/ordinary/store.key")))
                    .hasSize(2);

            house.upUnsealed();
            assertThat(house.curl("GET", ORDER)).doesNotEndWith("\n200");
            house.seal().expect(0); // a new seal says that the gateway may go on
            assertThatThrownBy(house::issue)
                    .as("the ledger knows the kill, although the store is new")
                    .hasMessageContaining("has stopped everything of the agent `sam/bot`");
            assertThat(house.admin().call("status", Json.object()).texts("things"))
                    .anyMatch(warning -> warning.contains("The store is new"));
            awaitReplica(house);
            house.down();
            assertThat(verified()).contains("records sound: yes");
        }
    }

    private String verified() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
        int exit = new Main(print, print)
                .run(List.of(
                        "verify",
                        root.resolve("data/ledger").toString(),
                        "--replica",
                        root.resolve("replica").toString(),
                        "--vkey",
                        root.resolve("data/ledger.pub").toString()));
        String said = out.toString(StandardCharsets.UTF_8);
        assertThat(exit).as(said).isZero();
        return said;
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
    }

    private static void remove(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
