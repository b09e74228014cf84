package dev.interlock.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests that a service gets a user and a password from the vault, and the agent gets neither. */
@Timeout(300)
@Tag("process")
final class UserAndPasswordTest {

    private static final String PASSWORD = "a pass:word of hers";

    @TempDir
    private Path root;

    @Test
    void userAndPasswordAreSentAsBasicAndNotReturned() throws Exception {
        String sent = Base64.getEncoder().encodeToString(("ann:" + PASSWORD).getBytes(StandardCharsets.UTF_8));
        String credential = "{environments: [staging], impacts: [read, write], header: authorization, scheme: Basic}";
        try (SmallService service = new SmallService();
                ServiceGatewayInstallation house =
                        ServiceGatewayInstallation.beforeAShop(root, service.address(), credential)) {
            String config = "--config=" + house.config();
            Programs.ProgramResult put = house.interlock(
                            PASSWORD + "\n", "vault", "put", config, "--basic", "ann", "shop")
                    .expect(0);
            assertThat(put.out()).isEqualTo("Stored `shop`.");
            house.seal().expect(0);
            house.up();

            service.keep("/orders/o-1", "{\"customer\":\"bob\"}");
            assertThat(house.curl("GET", "/orders/orders/o-1")).isEqualTo("{\"customer\":\"bob\"}\n200");
            assertThat(service.take())
                    .containsExactly(new SmallService.ServiceRequest("GET", "/orders/o-1", "Basic " + sent));
            for (String quoted : List.of(PASSWORD, sent)) {
                service.keep("/orders/o-1", "{\"customer\":\"" + quoted + "\"}");
                assertThat(house.curl("GET", "/orders/orders/o-1")).doesNotContain(quoted);
            }
            assertThat(house.log()).doesNotContain(PASSWORD, sent);
        }
    }
}
