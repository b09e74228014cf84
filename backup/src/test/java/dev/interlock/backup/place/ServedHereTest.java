package dev.interlock.backup.place;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Resource;
import dev.interlock.backup.BackupAttestation;
import dev.interlock.backup.BackupPlanConfig;
import dev.interlock.backup.BackupRun;
import dev.interlock.backup.Retention;
import dev.interlock.backup.kept.BackupFixture;
import dev.interlock.backup.kept.Separation;
import dev.interlock.backup.source.BackupSource;
import dev.interlock.linux.PrivateFiles;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/** Tests storage on the same machine as the data that it stores. */
@Tag("process")
class ServedHereTest {

    @TempDir
    private Path directory;

    @Test
    void aStoreOnThisMachineIsNotSeparateByDefault() throws Exception {
        TestingS3 server = TestingS3.shared();
        try (BackupFixture shelf = new BackupFixture(directory)) {
            S3Client.builder()
                    .endpointOverride(server.endpoint())
                    .region(Region.US_EAST_1)
                    .forcePathStyle(true)
                    .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
                    .httpClientBuilder(UrlConnectionHttpClient.builder())
                    .build()
                    .createBucket(request -> request.bucket("backups"));
            BackupPlanConfig beside = plan(server, false);
            BackupRun.BackupResult taken = shelf.take(beside, (_, _) -> {});
            assertThat(taken.separation()).isEqualTo(Separation.SAME);
            assertThat(shelf.verify(beside, taken.id()).faults())
                    .containsExactly("its storage server runs on the same machine as its source");
            BackupPlanConfig tunnelled = plan(server, true);
            BackupRun.BackupResult other = shelf.take(tunnelled, (_, _) -> {});
            assertThat(other.separation()).isEqualTo(Separation.UNKNOWN);
            BackupAttestation found = shelf.verify(tunnelled, other.id());
            assertThat(found.faults()).isEmpty();
            assertThat(found.isSeparationObserved()).isFalse();
        }
    }

    private BackupPlanConfig plan(TestingS3 server, boolean elsewhere) throws Exception {
        Path tree = Files.createDirectories(directory.resolve("tree"));
        Files.writeString(tree.resolve("one"), "1");
        Path credentials = directory.resolve("credentials-" + elsewhere);
        PrivateFiles.write(
                credentials,
                "aws_access_key_id = test\naws_secret_access_key = test\n".getBytes(StandardCharsets.UTF_8));
        return new BackupPlanConfig(
                "files-" + elsewhere,
                Resource.parse("railway:volume/v1"),
                new BackupSource.Directory(tree, Optional.empty()),
                new BackupTarget.S3(
                        server.endpoint(), "us-east-1", "backups", "", true, credentials, Optional.empty(), elsewhere),
                Duration.ofHours(24),
                Retention.USUAL,
                Optional.empty());
    }

    @Test
    void thisMachineIsKnownByEachOfItsAddresses() throws Exception {
        assertThat(List.of("localhost", "127.0.0.1", "127.9.9.9", "[::1]", "0.0.0.0"))
                .allMatch(S3Storage::answersAt);
        for (NetworkInterface one : NetworkInterface.networkInterfaces().toList()) {
            assertThat(one.inetAddresses().map(InetAddress::getHostAddress)).allMatch(S3Storage::answersAt);
        }
        assertThat(List.of("192.0.2.1", "[2001:db8::1]")).noneMatch(S3Storage::answersAt);
    }
}
