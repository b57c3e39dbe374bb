/** Whether opening a file runs a program: by its octets, or by an extension or type that a system goes by. */
import type { Attachment } from './attachment-types.ts';
import { BLOCKED_EXTENSIONS } from './blocked-extensions.ts';
import { extensionsOf } from './file-names.ts';

/** SES refuses these too, but nothing runs when they are opened: certificates, drawings, leftovers. */
const NO_PROGRAMS: ReadonlySet<string> = new Set('cer crt der lib tmp vps vss vst vsw'.split(' '));

/**
 * What else runs: what Outlook blocks ("Blocked attachments in Outlook", Microsoft) and SES does not; what Exchange counts as
 * executable content ("Use mail flow rules to inspect message attachments in Exchange Online", its table of types); the
 * programs and packages of macOS, Linux and Android; add-ins of Office.
 */
const MORE_PROGRAMS =
  `accda accde accdr accdu ade apk application appref-ms appx appxbundle bash bgi bin cab class cdxml cnt command
crx deb desktop diagcab dll dmg dos dylib elf fon fish grp hpj htc iqy jar jnlp job ksh library-ms macho mcf
mpkg msix msixbundle msu nt ocx oqy os2 osd osx out pkg pl ppa ppam printerexport psd1 psdm1 psm1 pssc py pyc pyo pyw
pyz pyzw rb rdp rpm rqy run scpt search-ms settingcontent-ms sh slk so swf symlink terminal theme themepack udl vbp
vbscript vhd vhdx w16 wasm webloc webpnp website wll workflow wsb xbap xla xlam xll xpi zsh`.split(/\s+/);

/** Extensions without the dot, lower case. */
export const EXECUTABLE_EXTENSIONS: ReadonlySet<string> = new Set([
  ...[...BLOCKED_EXTENSIONS].filter((extension) => !NO_PROGRAMS.has(extension)),
  ...MORE_PROGRAMS,
]);

/**
 * What mail programs run or give an extension by, where no name has one: the types of programs and scripts in the IANA registry
 * of media types and in Windows' own (`HKEY_CLASSES_ROOT\\MIME\\Database`), and those in common use.
 */
const EXECUTABLE_TYPES: ReadonlySet<string> = new Set(
  `application/hta application/ecmascript application/java-archive application/javascript application/vnd.ms-htmlhelp
application/vnd.microsoft.portable-executable application/x-bat application/x-csh application/x-dosexec application/x-exe
application/x-java-archive application/x-javascript application/x-ms-application application/x-ms-installer
application/x-ms-shortcut application/x-msdos-program application/x-msdownload application/x-msi application/x-mswinurl
application/x-powershell application/x-sh application/x-shellscript application/x-vbs application/x-winexe text/ecmascript
text/javascript text/scriptlet text/vbs text/vbscript text/x-powershell text/x-python text/x-sh text/x-shellscript`.split(
    /\s+/,
  ),
);

/** Hundreds of rules may ask about names of megabytes. */
const knownExtensions = new WeakMap<Attachment, readonly string[]>();

/** The extensions of all names of the attachment, each once; see `extensionsOf`. */
export function attachmentExtensions(attachment: Attachment): readonly string[] {
  const known = knownExtensions.get(attachment) ?? [...new Set(attachment.names.flatMap(extensionsOf))];
  knownExtensions.set(attachment, known);
  return known;
}

/**
 * By name first, since that costs nothing, by the type that it claims where no name has an extension, then by the first octets.
 * What is inside an archive is another question.
 */
export function isExecutable(attachment: Attachment): boolean {
  const extensions = attachmentExtensions(attachment);
  return (
    extensions.some((extension) => EXECUTABLE_EXTENSIONS.has(extension)) ||
    (extensions.length === 0 && EXECUTABLE_TYPES.has(attachment.mediaType)) ||
    attachment.content().type?.executable === true
  );
}
