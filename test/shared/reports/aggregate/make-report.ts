/** Reports as text, each part replaceable by another text. */
export interface ReportParts {
  readonly root?: string;
  readonly metadata?: string;
  readonly policy?: string;
  readonly records?: readonly string[];
}

export interface RecordParts {
  readonly ip?: string;
  readonly count?: string | number;
  readonly disposition?: string;
  readonly dkim?: string;
  readonly spf?: string;
  readonly reasons?: string;
  readonly from?: string;
  readonly results?: string;
}

export const METADATA =
  '<report_metadata><org_name>Reporter</org_name><email>dmarc@reporter.example</email><report_id>r-1</report_id><date_range><begin>1767225600</begin><end>1767311999</end></date_range></report_metadata>';

export const POLICY =
  '<policy_published><domain>example.com</domain><p>none</p><sp>reject</sp></policy_published>';

export function recordText(parts: RecordParts = {}): string {
  const { ip = '192.0.2.1', count = 1, disposition = 'none', dkim = 'pass', spf = 'fail' } = parts;
  const { reasons = '', from = 'example.com' } = parts;
  const { results = '<dkim><domain>example.com</domain><selector>s</selector><result>pass</result></dkim>' } =
    parts;
  return `<record><row><source_ip>${ip}</source_ip><count>${count}</count><policy_evaluated><disposition>${disposition}</disposition><dkim>${dkim}</dkim><spf>${spf}</spf>${reasons}</policy_evaluated></row><identifiers><header_from>${from}</header_from></identifiers><auth_results>${results}</auth_results></record>`;
}

export function reportText(parts: ReportParts = {}): string {
  const { root = 'feedback', metadata = METADATA, policy = POLICY, records = [recordText()] } = parts;
  return `<?xml version="1.0"?>\n<${root}>${metadata}${policy}${records.join('')}</${root.split(' ')[0]}>`;
}

/** A message with attachments, each base64. */
export function reportMessage(
  ...attachments: readonly (readonly [type: string, bytes: Uint8Array])[]
): Buffer {
  const parts = attachments.map(
    ([type, bytes]) =>
      `--b\r\nContent-Type: ${type}\r\nContent-Transfer-Encoding: base64\r\n\r\n${Buffer.from(bytes).toString('base64')}\r\n`,
  );
  return Buffer.from(
    `From: dmarc@reporter.example\r\nSubject: Report Domain: example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nA report.\r\n${parts.join('')}--b--\r\n`,
  );
}
