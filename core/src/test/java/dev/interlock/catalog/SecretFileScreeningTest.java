package dev.interlock.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.interlock.action.Bytes;
import dev.interlock.action.SecretFiles;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that a tool which reads files by their names knows those that usually hold secrets. */
final class SecretFileScreeningTest {

    private static final String RULE =
            "when: [{if: {among-end: {%s: [$secret-files]}}, impacts: [credential], because: It holds secrets.}]";

    static Stream<String> servers() {
        return KnownServers.names().stream().map(KnownServers.ServerNames::name);
    }

    static Stream<String> catalogs() {
        return Catalogs.builtIn().names().stream();
    }

    private static List<String> findings(String tool) {
        return Catalogs.findings(Catalogs.read("notes.yaml", Bytes.utf8(McpExample.TEXT + "  " + tool + "\n")));
    }

    @Test
    void filesOfTheTestAreSecretOnes() {
        assertThat(SecretFileScreening.SECRET).allMatch(SecretFiles::contains);
    }

    @ParameterizedTest
    @MethodSource("servers")
    void everyKnownServerIsScreened(String server) {
        assertThat(SecretFileScreening.findings(KnownServers.catalog(server))).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("catalogs")
    void everyBuiltInCatalogIsScreened(String name) {
        assertThat(Catalogs.findings(Catalogs.builtIn().find(name).orElseThrow()))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "read: {takes: path, impacts: [read], reversibility: reversible}",
                "read: {takes: paths, impacts: [read], reversibility: reversible}",
                "read: {takes: sourcePath, impacts: [read], reversibility: reversible}",
                "read: {takes: file_name file, impacts: [read], reversibility: reversible}",
                "send: {takes: filePaths to, impacts: [write], reversibility: reversible}",
                "send: {takes: attachment_files to, impacts: [write], reversibility: reversible}",
                "read: {takes: path, impacts: [read], reversibility: reversible,"
                        + " when: [{if: {present: path}, impacts: [credential], because: It may.}]}",
                "read: {takes: path, impacts: [read], reversibility: reversible,"
                        + " when: [{if: {among-end: {path: [.env]}}, impacts: [privilege], because: It may.}]}",
            })
    void toolThatKnowsNoSecretFilesIsFound(String tool) {
        assertThat(findings(tool)).singleElement().asString().contains("$secret-files", "about: no-files");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "read: {takes: path, impacts: [read], reversibility: reversible, about: no-files}",
                "read: {takes: path, impacts: [read], reversibility: reversible, about: named-files}",
                "read: {takes: path, impacts: [credential], reversibility: reversible}",
                "read: {takes: repo_path profile, impacts: [read], reversibility: reversible}",
                "write: {takes: path content, impacts: [write], reversibility: reversible}",
            })
    void otherToolIsNot(String tool) {
        assertThat(findings(tool)).isEmpty();
    }

    @Test
    void ruleScreensTheArgumentThatItIsAbout() {
        String tool = "read: {takes: path file, impacts: [read], reversibility: reversible, " + RULE + "}";
        assertThat(findings(tool.formatted("path"))).singleElement().asString().contains("takes `file`,");
        assertThat(findings("read: {takes: path, impacts: [read], reversibility: reversible, " + RULE.formatted("path")
                        + "}"))
                .isEmpty();
    }
}
