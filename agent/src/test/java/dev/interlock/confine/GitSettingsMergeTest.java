package dev.interlock.confine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GitSettingsMergeTest {

    private static final GitSettings SHOP = settings("""
        core.filemode=true
        remote.origin.url=https://github.com/acme/shop.git
        remote.origin.fetch=+refs/heads/*:refs/remotes/origin/*
        branch.main.remote=origin
        branch.main.merge=refs/heads/main
        """);

    private static GitSettings settings(String lines) {
        StringBuilder listed = new StringBuilder();
        lines.lines()
                .forEach(line -> listed.append(line.replaceFirst("=", "\n")).append('\0'));
        return GitSettings.parse(listed.toString());
    }

    private static GitSettings with(String lines) {
        StringBuilder all = new StringBuilder();
        SHOP.values()
                .forEach((key, values) -> values.forEach(
                        value -> all.append(key).append('=').append(value).append('\n')));
        return settings(all + lines);
    }

    private static GitSettings without(String prefix) {
        StringBuilder all = new StringBuilder();
        SHOP.values()
                .forEach((key, values) -> values.stream()
                        .filter(_ -> !key.startsWith(prefix))
                        .forEach(value ->
                                all.append(key).append('=').append(value).append('\n')));
        return settings(all.toString());
    }

    private static GitSettingsMerge.MergedSettings merge(GitSettings after) {
        return GitSettingsMerge.merge(SHOP, after, SHOP);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "branch.feat.remote=origin",
                "branch.feat.merge=refs/heads/feat/a",
                "branch.feat.vscode-merge-base=origin/main",
                "remote.fork.url=git@github.com:ann/shop.git",
                "remote.fork.url=ssh://git@git.example.com:2222/~ann/shop",
                "remote.origin.pushurl=git@github.com:acme/shop.git",
                "remote.origin.gh-resolved=base",
                "user.name=Ann Ötz (agent)",
                "user.email=ann@example.com",
                "core.autocrlf=input",
                "pull.rebase=true",
                "push.autosetupremote=true",
                "rerere.enabled=true",
                "submodule.lib.url=https://github.com/acme/lib",
                "submodule.lib.active=true"
            })
    void ordinarySettingComesBack(String line) {
        String key = line.substring(0, line.indexOf('='));
        GitSettingsMerge.MergedSettings merged = merge(with(line));
        assertThat(merged.heldBack()).isEmpty();
        assertThat(merged.taken()).containsOnlyKeys(key);
    }

    @ParameterizedTest
    @Tag("promise")
    @ValueSource(
            strings = {
                "core.hookspath=.hooks",
                "core.fsmonitor=./monitor",
                "core.sshcommand=sh -c x",
                "core.editor=vi",
                "core.pager=less",
                "core.askpass=x",
                "core.worktree=/home/ann",
                "core.attributesfile=x",
                "core.gitproxy=x",
                "core.alternaterefscommand=x",
                "diff.external=x",
                "diff.png.textconv=x",
                "diff.png.command=x",
                "merge.ours.driver=x",
                "merge.tool=x",
                "mergetool.x.cmd=x",
                "filter.lfs.clean=x",
                "filter.lfs.process=x",
                "credential.helper=!x",
                "credential.https://github.com.helper=x",
                "gpg.program=x",
                "gpg.ssh.program=x",
                "user.signingkey=x",
                "alias.st=!x",
                "alias.st=status",
                "include.path=../x",
                "includeif.gitdir:/x.path=x",
                "url.https://evil.example/.insteadof=https://github.com/",
                "remote.origin.uploadpack=x",
                "remote.origin.receivepack=x",
                "remote.origin.vcs=x",
                "remote.origin.proxy=x",
                "remote.origin.mirror=true",
                "remote.fork.fetch=+refs/heads/*:refs/heads/*",
                "push.default=upstream",
                "remote.origin.push=+refs/heads/x:refs/heads/main",
                "remote.fork.url=ext::sh -c x",
                "remote.fork.url=../other",
                "remote.fork.url=/srv/git/x",
                "remote.fork.url=file:///srv/git/x",
                "remote.fork.url=ssh://-oProxyCommand=x/y",
                "remote.fork.url=-x@host:y",
                "remote.https://github.com/acme/shop.git.url=https://evil.example/x",
                "branch.feat.remote=../evil",
                "branch.feat.remote=evil",
                "branch.feat.mergeoptions=--strategy=evil",
                "remote.pushdefault=evil",
                "protocol.ext.allow=always",
                "protocol.allow=always",
                "submodule.lib.update=!x",
                "submodule.lib.url=./x",
                "submodule.../x.url=https://github.com/x/y",
                "init.templatedir=x",
                "extensions.worktreeconfig=true",
                "core.repositoryformatversion=1",
                "http.proxy=http://evil.example",
                "http.sslverify=false",
                "http.extraheader=x",
                "sequence.editor=x",
                "interactive.difffilter=x",
                "pager.log=x",
                "man.x.cmd=x",
                "browser.x.cmd=x",
                "gc.recentobjectshook=x",
                "uploadpack.packobjectshook=x",
                "sendemail.sendmailcmd=x",
                "trailer.x.command=x",
                "hook.x.command=x",
                "log.showsignature=true",
                "status.showuntrackedfiles=no",
                "diff.ignoresubmodules=all",
                "safe.directory=*",
                "unknown.key=x"
            })
    void settingThatCouldRunOrRedirectIsHeldBack(String line) {
        GitSettingsMerge.MergedSettings merged = merge(with(line));
        assertThat(merged.taken()).isEmpty();
        assertThat(merged.heldBack()).containsExactly(line.substring(0, line.indexOf('=')));
    }

    @ParameterizedTest
    @CsvSource({
        "git@github.com:acme/shop.git, true",
        "https://ann@github.com/acme/shop, true",
        "https://evil.example/acme/shop.git, false",
        "http://github.com/acme/shop.git, false"
    })
    void knownRemoteMovesOnlyOnItsServer(String address, boolean comesBack) {
        GitSettingsMerge.MergedSettings merged = merge(settings("""
            core.filemode=true
            remote.origin.url=%s
            remote.origin.fetch=+refs/heads/*:refs/remotes/origin/*
            branch.main.remote=origin
            branch.main.merge=refs/heads/main
            """.formatted(address)));
        assertThat(merged.taken().containsKey("remote.origin.url")).isEqualTo(comesBack);
    }

    @Test
    void remoteThatIsRemovedWithItsBranchesGoes() {
        GitSettings after = settings("core.filemode=true");
        assertThat(merge(after).heldBack()).isEmpty();
        assertThat(merge(after).taken()).containsEntry("remote.origin.url", List.of());
    }

    /** Git takes the name of a remote that does not exist for a path, and runs the hooks of the repository there. */
    @Test
    @Tag("promise")
    void remoteStaysWhileABranchNamesIt() {
        GitSettingsMerge.MergedSettings merged = merge(without("remote."));
        assertThat(merged.taken()).isEmpty();
        assertThat(merged.heldBack()).containsExactlyInAnyOrder("remote.origin.url", "remote.origin.fetch");
    }

    @Test
    void branchOfANewRemoteComesBack() {
        assertThat(merge(with("remote.fork.url=https://github.com/ann/shop\nbranch.feat.remote=fork"))
                        .taken())
                .containsOnlyKeys("remote.fork.url", "branch.feat.remote");
    }

    /** The person's next push of that branch would go there. */
    @ParameterizedTest
    @ValueSource(strings = {"branch.main.remote=fork", "branch.main.pushremote=fork", "remote.pushdefault=fork"})
    void noBranchFollowsANewServer(String line) {
        assertThat(merge(with("remote.fork.url=https://evil.example/shop\n" + line))
                        .taken())
                .containsOnlyKeys("remote.fork.url");
    }

    @Test
    void firstRemoteOfARepositoryComesBack() {
        GitSettings fresh = settings("core.filemode=true");
        GitSettings after =
                settings("core.filemode=true\nremote.origin.url=git@example.com:a/b\nbranch.main.remote=origin");
        assertThat(GitSettingsMerge.merge(fresh, after, fresh).heldBack()).isEmpty();
    }

    @Test
    void settingThatChangedOutsideMeanwhileStays() {
        GitSettings now = settings("core.filemode=false");
        assertThat(GitSettingsMerge.merge(settings("core.filemode=true"), settings("core.filemode=0"), now))
                .isEqualTo(new GitSettingsMerge.MergedSettings(Map.of(), Set.of("core.filemode")));
    }
}
