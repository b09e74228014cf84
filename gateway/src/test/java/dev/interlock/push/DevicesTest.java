package dev.interlock.push;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.interlock.linux.PrivateFiles;
import dev.interlock.testing.PushReceiver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DevicesTest {

    @TempDir
    private Path directory;

    private PushFixture push;

    @BeforeEach
    void open() throws Exception {
        push = new PushFixture(directory);
    }

    @AfterEach
    void close() {
        push.close();
    }

    private List<String> people(Devices devices) {
        return devices.of(Optional.empty()).stream().map(Device::person).toList();
    }

    @Test
    void devicesOutlastARestartInAFileForTheGatewayAlone() throws Exception {
        push.add("ann", "/one");
        assertThat(Files.getPosixFilePermissions(push.file)).isEqualTo(PrivateFiles.FILE);
        Devices again = new Devices(push.file, push.services);
        assertThat(again.of(Optional.of("ann"))).singleElement().satisfies(device -> {
            assertThat(device.json())
                    .isEqualTo(push.devices.of(Optional.empty()).getFirst().json());
            assertThat(device.label()).isEqualTo("Chrome on Android");
            assertThat(device.toString()).doesNotContain("/one");
        });
    }

    @Test
    void aDeviceAtAServiceThatIsNoLongerAllowedIsLeftOut() throws Exception {
        push.add("ann", "/one");
        assertThat(new Devices(push.file, new PushServices(List.of())).of(Optional.empty()))
                .isEmpty();
    }

    @Test
    void anUnreadableFileStopsNothing() throws Exception {
        Files.writeString(push.file, "{");
        Devices devices = new Devices(push.file, push.services);
        assertThat(devices.of(Optional.empty())).isEmpty();
        devices.add(push.device("ann", new PushReceiver(), "/one"));
        assertThat(people(new Devices(push.file, push.services))).containsExactly("ann");
    }

    @Test
    void onePersonHasSoManyDevicesAndNobodyElsesShareIsUsed() throws Exception {
        for (int i = 0; i < Devices.MAX_OF_ONE; i++) {
            push.add("ann", "/" + i);
        }
        assertThatThrownBy(() -> push.add("ann", "/more"))
                .isInstanceOf(Devices.TooManyDevicesException.class)
                .hasMessageContaining("remove one");
        push.add("ann", "/0");
        push.add("sam", "/sam");
        assertThat(people(push.devices)).hasSize(Devices.MAX_OF_ONE + 1).contains("sam");
    }

    @Test
    void aBrowserBelongsToThePersonWhoAddedItLast() throws Exception {
        push.add("ann", "/shared");
        push.add("sam", "/shared");
        assertThat(people(push.devices)).containsExactly("sam");
    }

    @Test
    void devicesOfPeopleWhoLeftAreGone() throws Exception {
        push.add("ann", "/one");
        push.add("sam", "/two");
        push.devices.retain(Set.of("sam"));
        assertThat(people(push.devices)).containsExactly("sam");
        assertThat(people(new Devices(push.file, push.services))).containsExactly("sam");
    }

    @Test
    void aLabelIsOneShortLine() throws Exception {
        Device device = push.devices.read(
                new PushReceiver().subscription(push.service.endpoint("/x")).canonicalText(),
                "ann",
                "a\u202e\nb" + "x".repeat(100),
                push.clock.instant());
        assertThat(device.label()).hasSize(Device.MAX_LABEL).startsWith("a\\u{202e}\\u{a}b");
    }
}
